package debian

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"glusterfs-provisioner/test/bench"
)

// Release is one of Debian's.
type Release string

// The releases whose packages are used here: Debian 12 and 13.
const (
	Bookworm Release = "bookworm"
	Trixie   Release = "trixie"
)

// MakeRoot makes a root of a release, with packages besides those that all systems have, and
// writes it to an archive. It needs root, mmdebstrap and Debian's packages from the network.
func MakeRoot(ctx context.Context, release Release, archive string, packages ...string) error {
	unfinished := archive + ".unfinished.tar"
	arguments := []string{"--quiet", "--variant=minbase"}
	if len(packages) > 0 {
		arguments = append(arguments, "--include="+strings.Join(packages, ","))
	}
	_, err := bench.Run(ctx, nil, "mmdebstrap", append(arguments, string(release), unfinished)...)
	if err != nil {
		return fmt.Errorf("cannot make a root of Debian's %s: %w", release, errors.Join(err, os.RemoveAll(unfinished)))
	}
	return os.Rename(unfinished, archive)
}
