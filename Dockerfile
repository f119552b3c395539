# The images of the project, each a target; "make image" builds them all. Programs are
# static binaries on a base without a shell, save where the GlusterFS client is needed,
# which comes with Debian.
#
# Go is named with its patch release, so that "make vulncheck" can tell what the images have.
ARG GO_VERSION=1.26.10
FROM golang:${GO_VERSION} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd/ cmd/
COPY node/ node/
COPY provisioner/ provisioner/
ARG LDFLAGS
RUN CGO_ENABLED=0 go build -trimpath -ldflags "${LDFLAGS}" -o / ./cmd/glusterfs-provisioner ./cmd/glusterfs-csi-node

# The node plugin, which mounts with the client of the node. It is root, since it enters
# the namespaces of the node.
FROM gcr.io/distroless/static AS glusterfs-csi-node
COPY --from=build /glusterfs-csi-node /glusterfs-csi-node
USER 0:0
EXPOSE 8080
ENTRYPOINT ["/glusterfs-csi-node"]

# The node plugin with a client of its own, for --client=container.
FROM debian:bookworm-slim AS glusterfs-csi-node-with-client
RUN apt-get update \
 && apt-get install --yes --no-install-recommends glusterfs-client attr \
 && rm -rf /var/lib/apt/lists/*
# Where clients look for their files with TLS: Debian's beside OpenSSL's, others as volumes tell
# them, mostly in /etc/ssl. They are the node's, which deploy/csi-variants/container-client mounts.
RUN mkdir -p /usr/lib/ssl /etc/ssl \
 && for file in glusterfs.pem glusterfs.key glusterfs.ca; do \
        ln -s "/node/etc/ssl/$file" "/usr/lib/ssl/$file" && ln -s "/node/etc/ssl/$file" "/etc/ssl/$file" || exit 1; \
    done
COPY --from=build /glusterfs-csi-node /glusterfs-csi-node
EXPOSE 29607
ENTRYPOINT ["/glusterfs-csi-node"]

# The provisioner. It is the last target, and so the one that is built without a name.
FROM gcr.io/distroless/static:nonroot AS glusterfs-provisioner
COPY --from=build /glusterfs-provisioner /glusterfs-provisioner
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/glusterfs-provisioner"]
