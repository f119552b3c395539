package mount

import (
	"context"
	"os"

	"golang.org/x/sys/unix"
)

// moveMountBeneath is MOVE_MOUNT_BENEATH of Linux' include/uapi/linux/mount.h.
const moveMountBeneath = 0x200

// Replace is Bind in the place of what is mounted at the other path, and does not answer any
// more. Who uses that goes on with it. Since Linux 6.5, there is no moment at which nothing is
// mounted there; before, it is as short as can be. A container that starts in it would write
// to the node's disk.
func (m *Mounts) Replace(ctx context.Context, from, to string, readOnly bool) error {
	return m.between(ctx, from, to, func(source, target string) error {
		return replace(m.folder, source, target, readOnly)
	})
}

func replace(folder, source, target string, readOnly bool) error {
	from, err := openMounted(folder, source)
	if err != nil {
		return err
	}
	defer from.Close()
	mounts, err := at(folder, target)
	if err != nil {
		return err
	}
	for range len(mounts) - 1 {
		if err := detach(folder, target); err != nil {
			return err
		}
	}
	if slipped := slipBeneath(from, folder, target, readOnly) == nil; slipped {
		return detach(folder, target)
	}
	if err := detach(folder, target); err != nil {
		return err
	}
	if err := attach(from, folder, target); err != nil || !readOnly {
		return err
	}
	return protect(folder, target)
}

// slipBeneath mounts what is open at a path, beneath what is mounted there. Kernels before
// Linux 6.5 cannot.
func slipBeneath(from *os.File, folder, target string, readOnly bool) error {
	to, err := openBelow(folder, target)
	if err != nil {
		return err
	}
	defer to.Close()
	tree, err := unix.OpenTree(int(from.Fd()), "", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_EMPTY_PATH)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(tree) }()
	if readOnly {
		attributes := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
		if err := unix.MountSetattr(tree, "", unix.AT_EMPTY_PATH, &attributes); err != nil {
			return err
		}
	}
	return unix.MoveMount(tree, "", int(to.Fd()), "", unix.MOVE_MOUNT_F_EMPTY_PATH|unix.MOVE_MOUNT_T_EMPTY_PATH|moveMountBeneath)
}
