package node

import (
	"context"
	"io"

	"glusterfs-provisioner/test/e2e/debian"
)

// HostImage is the image of a GlusterFS host, and NewerHostImage one with the next version of GlusterFS.
const (
	HostImage      = "registry.example.com/glusterfs-host:0.1.0"
	NewerHostImage = HostImage + "-trixie"
)

// BuildHost builds HostImage of a repository's Dockerfile and the program glusterfs-host, and returns an archive of it. All
// is done in the folder, which is its own, and needs root, mmdebstrap, buildah and Debian's packages from the network,
// unless the archive of these is there already.
func BuildHost(ctx context.Context, root, program, folder string, log io.Writer) (archive string, err error) {
	return buildHost(ctx, root, program, folder, HostImage, debian.Bookworm, log)
}

// BuildNewerHost builds NewerHostImage likewise.
func BuildNewerHost(ctx context.Context, root, program, folder string, log io.Writer) (archive string, err error) {
	return buildHost(ctx, root, program, folder, NewerHostImage, debian.Trixie, log)
}

func buildHost(ctx context.Context, root, program, folder, tag string, release debian.Release, log io.Writer) (archive string, err error) {
	host := target{name: "glusterfs-host", tag: tag, programs: map[string]string{"glusterfs-host": program}, arguments: []string{"DEBIAN=" + string(release)}}
	return debianTarget{target: host, release: release, files: []string{"host/image/systemctl", "host/image/lvm-wrapper"}}.build(ctx, root, folder, log)
}
