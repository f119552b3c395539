package mount

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/node/namespace"
)

// busyPoll is how long it takes until a mount is tried again that was in use.
const busyPoll = 100 * time.Millisecond

// Unmount unmounts all that is mounted at a path, whether it answers or not. What is
// in use is waited for as long as patience says, and then unmounted lazily: nobody
// finds it any more, and those who use it go on. It is ErrForeign, and nothing was
// unmounted, if another file system is mounted there.
func (m *Mounts) Unmount(ctx context.Context, path string, patience time.Duration) error {
	below, err := relative(m.folder, path)
	if err != nil {
		return err
	}
	mounts, err := m.At(ctx, path)
	if err != nil {
		return err
	}
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for range mounts {
		if m.unmount(patient, below) == nil {
			continue
		}
		if err := m.detach(ctx, below); err != nil {
			return err
		}
	}
	return nil
}

// unmount unmounts what was mounted last, as soon as it is in use no more, until the
// context ends.
func (m *Mounts) unmount(ctx context.Context, below string) error {
	poll := time.NewTicker(busyPoll)
	defer poll.Stop()
	for {
		_, err := namespace.Do(ctx, m.namespaces, func() (struct{}, error) {
			return struct{}{}, unmount(m.folder, below, unix.UMOUNT_NOFOLLOW)
		})
		if !errors.Is(err, unix.EBUSY) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-poll.C:
		}
	}
}

// detach has nobody find any more what was mounted last, without waiting for it.
func (m *Mounts) detach(ctx context.Context, below string) error {
	_, err := namespace.Do(ctx, m.namespaces, func() (struct{}, error) { return struct{}{}, detach(m.folder, below) })
	return err
}

func detach(folder, below string) error {
	return unmount(folder, below, unix.UMOUNT_NOFOLLOW|unix.MNT_DETACH)
}

// unmount is called on a thread with a working directory to itself.
func unmount(folder, below string, flags int) error {
	// To have it open would keep it from being unmounted, so it is named from the
	// folder that it is in.
	parent, element, err := openParent(folder, below)
	if err != nil {
		return err
	}
	defer parent.Close()
	if err := unix.Fchdir(int(parent.Fd())); err != nil {
		return err
	}
	err = unix.Unmount(element, flags)
	if errors.Is(err, unix.EINVAL) {
		// Somebody else was faster.
		return nil
	}
	if err != nil {
		return &os.PathError{Op: "unmount", Path: filepath.Join(folder, below), Err: err}
	}
	return nil
}
