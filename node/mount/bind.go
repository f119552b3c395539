package mount

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/node/namespace"
)

// Bind has what is mounted at one path be mounted at another, too, whose folder is
// there. If that fails, nothing new is mounted.
func (m *Mounts) Bind(ctx context.Context, from, to string, readOnly bool) error {
	return m.between(ctx, from, to, func(source, target string) error {
		if err := bind(m.folder, source, target); err != nil || !readOnly {
			return err
		}
		err := protect(m.folder, target)
		if err != nil {
			_ = detach(m.folder, target)
		}
		return err
	})
}

// between does something with two paths, which it gets as they are below kubelet's folder.
func (m *Mounts) between(ctx context.Context, from, to string, do func(source, target string) error) error {
	source, err := relative(m.folder, from)
	if err != nil {
		return err
	}
	target, err := relative(m.folder, to)
	if err != nil {
		return err
	}
	_, err = namespace.Do(ctx, m.namespaces, func() (struct{}, error) { return struct{}{}, do(source, target) })
	return err
}

// Protect makes what is bound at a path read-only, which other mounts of the same are not.
func (m *Mounts) Protect(ctx context.Context, path string) error {
	below, err := relative(m.folder, path)
	if err != nil {
		return err
	}
	_, err = namespace.Do(ctx, m.namespaces, func() (struct{}, error) { return struct{}{}, protect(m.folder, below) })
	return err
}

func bind(folder, source, target string) error {
	from, err := openMounted(folder, source)
	if err != nil {
		return err
	}
	defer from.Close()
	return attach(from, folder, target)
}

// openMounted opens what is mounted at a path.
func openMounted(folder, source string) (*os.File, error) {
	// Without a mount there, the pod would write to the node's disk.
	mounts, err := at(folder, source)
	if err != nil {
		return nil, err
	}
	if len(mounts) == 0 {
		return nil, fmt.Errorf("nothing is mounted on %s", filepath.Join(folder, source))
	}
	return openBelow(folder, source)
}

// attach mounts what is open at a path, too.
func attach(from *os.File, folder, target string) error {
	to, err := openBelow(folder, target)
	if err != nil {
		return err
	}
	defer to.Close()
	if err := unix.Mount(link(from), link(to), "", unix.MS_BIND, ""); err != nil {
		return &os.LinkError{Op: "bind", Old: from.Name(), New: to.Name(), Err: err}
	}
	return nil
}

// protect makes what is mounted read-only; other mounts of the same are not.
func protect(folder, target string) error {
	mounts, err := at(folder, target)
	if err != nil {
		return err
	}
	var kept uintptr
	for _, mount := range mounts {
		kept = mount.flags
	}
	file, err := openBelow(folder, target)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := unix.Mount("", link(file), "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|kept, ""); err != nil {
		return &os.PathError{Op: "remount read-only", Path: file.Name(), Err: err}
	}
	return nil
}
