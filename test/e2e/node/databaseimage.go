package node

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"glusterfs-provisioner/test/bench"
)

// DatabaseImage is Debian with MariaDB.
const DatabaseImage = "registry.example.com/mariadb:10.11"

// databaseRoot is how mmdebstrap makes a root with MariaDB, without what nobody reads there.
var databaseRoot = []string{
	"--quiet", "--variant=minbase", "--include=mariadb-server",
	"--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
	"bookworm",
}

// BuildDatabase builds DatabaseImage and returns an archive of it. All is done in the
// folder, which is its own, and needs root, mmdebstrap, buildah and Debian's packages from the
// network, unless the archive is there already.
func BuildDatabase(ctx context.Context, folder string, log io.Writer) (archive string, err error) {
	i := images{folder: folder}
	recipe := strings.Join(databaseRoot, " ") + debianDockerfile
	archive = i.file(fmt.Sprintf("%x.tar", sha256.Sum256([]byte(recipe))))
	if _, err := os.Stat(archive); err == nil {
		return archive, nil
	}
	fmt.Fprintln(log, "building", DatabaseImage)
	if err := i.buildDatabase(ctx, archive); err != nil {
		return "", fmt.Errorf("cannot build %s: %w", DatabaseImage, err)
	}
	return archive, nil
}

func (i images) buildDatabase(ctx context.Context, archive string) error {
	if err := errors.Join(os.RemoveAll(i.folder), i.write("debian/Dockerfile", []byte(debianDockerfile))); err != nil {
		return err
	}
	if _, err := bench.Run(ctx, nil, "mmdebstrap", append(databaseRoot, i.file("debian/debian.tar"))...); err != nil {
		return err
	}
	if err := i.buildah(ctx, "build", "--tag="+DatabaseImage, i.file("debian")); err != nil {
		return err
	}
	unfinished := archive + ".unfinished"
	if err := i.buildah(ctx, "push", DatabaseImage, "docker-archive:"+unfinished+":"+DatabaseImage); err != nil {
		return err
	}
	return errors.Join(os.Rename(unfinished, archive), os.RemoveAll(i.file("storage")), os.RemoveAll(i.file("debian")))
}
