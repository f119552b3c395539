package node

import (
	"context"
	"io"

	"glusterfs-provisioner/test/e2e/debian"
)

// PluginWithClientImage is the node plugin's image with a GlusterFS client.
const PluginWithClientImage = PluginImage + "-with-client"

// BuildPluginWithClient builds PluginWithClientImage of a repository's Dockerfile and the
// plugin's program, and returns an archive of it, as BuildHost does.
func BuildPluginWithClient(ctx context.Context, root, plugin, folder string, log io.Writer) (archive string, err error) {
	client := target{name: "glusterfs-csi-node-with-client", tag: PluginWithClientImage, programs: map[string]string{"glusterfs-csi-node": plugin}}
	return debianTarget{target: client, release: debian.Bookworm}.build(ctx, root, folder, log)
}
