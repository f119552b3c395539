package node

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"glusterfs-provisioner/test/e2e/debian"
)

// debianImage is what those targets of the project's Dockerfile begin with that have packages of a release of Debian. It cannot be
// pulled, so it is made of such packages, too.
func debianImage(release debian.Release) string {
	return "docker.io/library/debian:" + string(release) + "-slim"
}

const debianDockerfile = `FROM scratch
ADD debian.tar /
`

// debianTarget is a target of the project's Dockerfile with Debian's packages and one program.
type debianTarget struct {
	target
	// release is that of the packages.
	release debian.Release
	// files are what of the repository is in it.
	files []string
}

// build builds the target of a repository's Dockerfile and returns an archive of it. All is done
// in the folder, which is its own. What is there of the same Dockerfile, program and files is not built again.
func (t debianTarget) build(ctx context.Context, root, folder string, log io.Writer) (archive string, err error) {
	sources := []string{filepath.Join(root, "Dockerfile")}
	for _, name := range t.files {
		sources = append(sources, filepath.Join(root, name))
	}
	hash := sha256.New()
	for _, source := range slices.AppendSeq(sources, maps.Values(t.programs)) {
		content, err := os.ReadFile(source)
		if err != nil {
			return "", err
		}
		hash.Write(content)
	}
	i := images{folder: folder}
	archive = i.file(fmt.Sprintf("%x.tar", hash.Sum(nil)))
	if _, err := os.Stat(archive); err == nil {
		return archive, nil
	}
	fmt.Fprintln(log, "building", t.tag)
	if err := os.RemoveAll(folder); err != nil {
		return "", err
	}
	if err := i.buildOnDebian(ctx, root, t, archive); err != nil {
		return "", fmt.Errorf("cannot build %s: %w", t.tag, err)
	}
	return archive, nil
}

func (i images) buildOnDebian(ctx context.Context, root string, t debianTarget, archive string) error {
	if err := i.write("debian/Dockerfile", []byte(debianDockerfile)); err != nil {
		return err
	}
	if err := debian.MakeRoot(ctx, t.release, i.file("debian/debian.tar")); err != nil {
		return err
	}
	if err := i.buildah(ctx, "build", "--tag="+debianImage(t.release), i.file("debian")); err != nil {
		return err
	}
	if err := i.buildTarget(ctx, root, t.target); err != nil {
		return err
	}
	unfinished := archive + ".unfinished"
	if err := i.buildah(ctx, "push", t.tag, "docker-archive:"+unfinished+":"+t.tag); err != nil {
		return err
	}
	return errors.Join(os.Rename(unfinished, archive), os.RemoveAll(i.file("storage")))
}
