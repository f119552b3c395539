package node

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"glusterfs-provisioner/test/e2e/debian"
)

// PluginWithClientImage is the node plugin's image with a GlusterFS client.
const PluginWithClientImage = PluginImage + "-with-client"

// debianImage is what its target of the project's Dockerfile begins with. It cannot be
// pulled, so it is made of Debian's packages.
const debianImage = "docker.io/library/debian:bookworm-slim"

const debianDockerfile = `FROM scratch
ADD debian.tar /
`

// BuildPluginWithClient builds PluginWithClientImage of a repository's Dockerfile and the
// plugin's program, and returns an archive of it. All is done in the folder, and needs
// root, mmdebstrap, buildah and Debian's packages from the network, unless the archive
// of that Dockerfile and program is there already.
func BuildPluginWithClient(ctx context.Context, root, plugin, folder string, log io.Writer) (archive string, err error) {
	dockerfile, fileErr := os.ReadFile(filepath.Join(root, "Dockerfile"))
	program, programErr := os.ReadFile(plugin)
	if err := errors.Join(fileErr, programErr); err != nil {
		return "", err
	}
	i := images{folder: folder}
	archive = i.file(fmt.Sprintf("%x.tar", sha256.Sum256(append(dockerfile, program...))))
	if _, err := os.Stat(archive); err == nil {
		return archive, nil
	}
	fmt.Fprintln(log, "building", PluginWithClientImage)
	if err := i.buildPluginWithClient(ctx, root, plugin, archive); err != nil {
		return "", fmt.Errorf("cannot build %s: %w", PluginWithClientImage, err)
	}
	return archive, nil
}

func (i images) buildPluginWithClient(ctx context.Context, root, plugin, archive string) error {
	err := errors.Join(
		os.RemoveAll(i.folder),
		i.write("debian/Dockerfile", []byte(debianDockerfile)),
	)
	if err != nil {
		return err
	}
	if err := debian.MakeRoot(ctx, debian.Bookworm, i.file("debian/debian.tar")); err != nil {
		return err
	}
	if err := i.buildah(ctx, "build", "--tag="+debianImage, i.file("debian")); err != nil {
		return err
	}
	target := target{"glusterfs-csi-node-with-client", PluginWithClientImage, map[string]string{"glusterfs-csi-node": plugin}}
	if err := i.buildTarget(ctx, root, target); err != nil {
		return err
	}
	unfinished := archive + ".unfinished"
	if err := i.buildah(ctx, "push", PluginWithClientImage, "docker-archive:"+unfinished+":"+PluginWithClientImage); err != nil {
		return err
	}
	return errors.Join(os.Rename(unfinished, archive), os.RemoveAll(i.file("storage")))
}
