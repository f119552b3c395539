# The images of the project, each a target; "make image" builds them all. Programs are
# static binaries on a base without a shell, save where the GlusterFS client is needed,
# which comes with Debian.
#
# "make image-all" builds the targets on distroless/static without an engine, from this file; so they
# have only instructions that it knows.
#
# Go is named with its patch release, so that "make vulncheck" can tell what the images have.
ARG GO_VERSION=1.26.10
# Where base images are pulled from. docs/images.md tells what else can be mirrored.
ARG DOCKER_HUB=docker.io
ARG GCR=gcr.io
# The release of Debian whose GlusterFS is in the images that have one: bookworm has 10, trixie 11.
ARG DEBIAN=bookworm

FROM --platform=$BUILDPLATFORM ${DOCKER_HUB}/library/golang:${GO_VERSION} AS build
WORKDIR /src
# Without one of these arguments, the go command has its own default.
ARG GOPROXY
ARG GOSUMDB
COPY go.mod go.sum ./
RUN go mod download
COPY cmd/ cmd/
COPY host/ host/
COPY keeper/ keeper/
COPY node/ node/
COPY provisioner/ provisioner/
ARG LDFLAGS
ARG TARGETOS
ARG TARGETARCH
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -trimpath -buildvcs=false -ldflags "${LDFLAGS}" -o / \
    ./cmd/glusterfs-provisioner ./cmd/glusterfs-csi-node ./cmd/glusterfs-host ./cmd/heketi-keeper
# heketi has a module of its own, since it needs older versions of the same modules.
RUN CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -C keeper/heketi -trimpath -buildvcs=false -ldflags "${LDFLAGS}" -o / \
    github.com/heketi/heketi

# The node plugin, which mounts with the client of the node. It is root, since it enters
# the namespaces of the node.
FROM ${GCR}/distroless/static AS glusterfs-csi-node
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="glusterfs-csi-node" \
      org.opencontainers.image.description="Mounts GlusterFS volumes of Kubernetes on a node" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /glusterfs-csi-node /glusterfs-csi-node
USER 0:0
EXPOSE 8080
ENTRYPOINT ["/glusterfs-csi-node"]

# The node plugin with a client of its own, for --client=container.
FROM ${DOCKER_HUB}/library/debian:${DEBIAN}-slim AS glusterfs-csi-node-with-client
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="glusterfs-csi-node" \
      org.opencontainers.image.description="Mounts GlusterFS volumes of Kubernetes on a node, with a GlusterFS client of its own" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# What takes the place of http://deb.debian.org, and where packages come from without it.
ARG DEBIAN_MIRROR=http://deb.debian.org
RUN sed -i "s#http://deb.debian.org#${DEBIAN_MIRROR}#" $(find /etc/apt -name '*.list' -o -name '*.sources') \
 && apt-get update \
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

# A GlusterFS host: glusterd, the bricks, and what heketi runs there. LVM is the node's.
FROM ${DOCKER_HUB}/library/debian:${DEBIAN}-slim AS glusterfs-host
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="glusterfs-host" \
      org.opencontainers.image.description="Makes a Kubernetes node a host of GlusterFS" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ARG DEBIAN_MIRROR=http://deb.debian.org
RUN sed -i "s#http://deb.debian.org#${DEBIAN_MIRROR}#" $(find /etc/apt -name '*.list' -o -name '*.sources') \
 && apt-get update \
 && apt-get install --yes --no-install-recommends glusterfs-server xfsprogs attr psmisc \
 && rm -rf /var/lib/apt/lists/*
# The node's folder hides what the package has in glusterd's, so that each start copies it from here.
# Hooks for SELinux call programs that only nodes have.
RUN mkdir -p /usr/share/glusterfs-host && cp -a /var/lib/glusterd/hooks /var/lib/glusterd/groups /usr/share/glusterfs-host/ \
 && find /usr/share/glusterfs-host/hooks -name '*selinux*' -delete
COPY host/image/systemctl host/image/lvm-wrapper /usr/local/bin/
COPY --from=build /glusterfs-host /usr/local/bin/glusterfs-host
EXPOSE 24007 29608
ENTRYPOINT ["/usr/local/bin/glusterfs-host"]
CMD ["run"]

# heketi, and the keeper that runs it. heketi's license is another than the project's.
FROM ${GCR}/distroless/static:nonroot AS heketi-keeper
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="heketi-keeper" \
      org.opencontainers.image.description="Runs heketi, and keeps its database in Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0 AND (LGPL-3.0-or-later OR GPL-2.0-only)" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /heketi /heketi
COPY --from=build /heketi-keeper /heketi-keeper
USER 65532:65532
EXPOSE 8080 8081
ENTRYPOINT ["/heketi-keeper"]

# The provisioner. It is the last target, and so the one that is built without a name.
FROM ${GCR}/distroless/static:nonroot AS glusterfs-provisioner
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="glusterfs-provisioner" \
      org.opencontainers.image.description="Makes GlusterFS volumes for Kubernetes through heketi" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /glusterfs-provisioner /glusterfs-provisioner
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/glusterfs-provisioner"]
