package node

import (
	"context"
	"io"
)

// HostImage is the image of a GlusterFS host.
const HostImage = "registry.example.com/glusterfs-host:0.1.0"

// BuildHost builds HostImage of a repository's Dockerfile and the program glusterfs-host, and returns an archive of it. All
// is done in the folder, which is its own, and needs root, mmdebstrap, buildah and Debian's packages from the network,
// unless the archive of these is there already.
func BuildHost(ctx context.Context, root, program, folder string, log io.Writer) (archive string, err error) {
	host := target{"glusterfs-host", HostImage, map[string]string{"glusterfs-host": program}}
	return debianTarget{target: host, files: []string{"host/image/systemctl", "host/image/lvm-wrapper"}}.build(ctx, root, folder, log)
}
