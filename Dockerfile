# The provisioner is a static binary on a base without a shell, run by a user
# that is not root. Build it with "make image".
ARG GO_VERSION=1.26
FROM golang:${GO_VERSION} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd/ cmd/
COPY provisioner/ provisioner/
ARG LDFLAGS
RUN CGO_ENABLED=0 go build -trimpath -ldflags "${LDFLAGS}" -o /glusterfs-provisioner ./cmd/glusterfs-provisioner

FROM gcr.io/distroless/static:nonroot
COPY --from=build /glusterfs-provisioner /glusterfs-provisioner
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/glusterfs-provisioner"]
