package host

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// coverSource is what the list of mounts names as the source of a cover.
const coverSource = "brick-is-not-mounted"

// cover mounts an empty, read-only file system where a brick is not mounted. "gluster volume start force" takes any
// folder that has the brick's path for the brick, and one beneath the mount point is on the node's own disk: gluster would
// serve it empty, heal the volume into it, and lose what was written when the brick is back.
func cover(point string) error {
	mounted, err := readMounts()
	if err != nil {
		return err
	}
	if _, is := mounted[point]; is {
		return nil
	}
	if err := os.MkdirAll(point, 0o755); err != nil {
		return err
	}
	if err := unix.Mount(coverSource, point, "tmpfs", unix.MS_RDONLY|unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "size=4k,mode=0555"); err != nil {
		return fmt.Errorf("cannot keep GlusterFS from %s while nothing is mounted there: %w", point, err)
	}
	return nil
}

// uncover takes the cover away, if there is one.
func uncover(point string) error {
	mounted, err := readMounts()
	if err != nil || mounted[point] != coverSource {
		return err
	}
	if err := unix.Unmount(point, 0); err != nil {
		return fmt.Errorf("cannot uncover %s: %w", point, err)
	}
	return nil
}
