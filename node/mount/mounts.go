package mount

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"

	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/processes"
	"glusterfs-provisioner/node/questions"
)

// ErrForeign is of a place where something else than GlusterFS is mounted.
var ErrForeign = errors.New("something else is mounted there")

// flags are those of a mount that stay when it is made read-only, by the name that
// the table of mounts has for them.
var flags = map[string]uintptr{
	"nosuid": unix.MS_NOSUID, "nodev": unix.MS_NODEV, "noexec": unix.MS_NOEXEC,
	"noatime": unix.MS_NOATIME, "nodiratime": unix.MS_NODIRATIME, "relatime": unix.MS_RELATIME,
}

// Mounts are the mounts of GlusterFS below kubelet's folder. It is safe for
// concurrent use, but not for different calls for one path.
type Mounts struct {
	namespaces *namespace.Set
	folder     string
	asker      *questions.Asker
	mu         sync.Mutex
	// givenUp are clients that no mount has any more, on kernels that do not tell what
	// a client serves.
	givenUp map[processes.ID]bool
}

// New returns the mounts below a folder, as processes in the namespaces see them. The
// asker asks them how they do.
func New(namespaces *namespace.Set, folder string, asker *questions.Asker) *Mounts {
	return &Mounts{namespaces: namespaces, folder: filepath.Clean(folder), asker: asker, givenUp: map[processes.ID]bool{}}
}

// Check says, as ErrOutside, why a path may not be mounted on. It does no I/O.
func (m *Mounts) Check(path string) error {
	_, err := relative(m.folder, path)
	return err
}

// Below is what of a path is below kubelet's folder; "" if it is elsewhere.
func (m *Mounts) Below(path string) string {
	below, found := strings.CutPrefix(path, m.folder+"/")
	if !found {
		return ""
	}
	return below
}

// At returns the mounts at a path, the one that is seen last; none if nothing is
// mounted or if there is no such path. It is ErrForeign if another file system is
// mounted there.
func (m *Mounts) At(ctx context.Context, path string) ([]Mount, error) {
	below, err := relative(m.folder, path)
	if err != nil {
		return nil, err
	}
	return namespace.Do(ctx, m.namespaces, func() ([]Mount, error) { return at(m.folder, below) })
}

func at(folder, below string) ([]Mount, error) {
	parent, element, err := openParent(folder, below)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer parent.Close()
	dir, err := realPath(parent)
	if err != nil {
		return nil, err
	}
	point := filepath.Join(dir, element)
	infos, err := table(func(info *mountinfo.Info) (skip, stop bool) { return info.Mountpoint != point, false })
	if err != nil {
		return nil, err
	}
	var mounts []Mount
	for _, info := range infos {
		if info.FSType != fstype {
			return nil, fmt.Errorf("%w: %s is of type %s", ErrForeign, info.Mountpoint, info.FSType)
		}
		mounts = append(mounts, newMount(info, filepath.Join(folder, below)))
	}
	return mounts, nil
}

// All returns all mounts of GlusterFS in a folder below kubelet's, or further below.
func (m *Mounts) All(ctx context.Context, folder string) ([]Mount, error) {
	return namespace.Do(ctx, m.namespaces, func() ([]Mount, error) { return allIn(m.folder, folder) })
}

func allIn(folder, below string) ([]Mount, error) {
	mounts, err := everywhere(folder)
	prefix := filepath.Join(folder, below) + "/"
	return slices.DeleteFunc(mounts, func(one Mount) bool { return !strings.HasPrefix(one.Path, prefix) }), err
}

func everywhere(folder string) ([]Mount, error) {
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, err
	}
	infos, err := table(func(info *mountinfo.Info) (skip, stop bool) { return info.FSType != fstype, false })
	mounts := make([]Mount, len(infos))
	for i, info := range infos {
		path := info.Mountpoint
		if below, found := strings.CutPrefix(path, real+"/"); found {
			path = filepath.Join(folder, below)
		}
		mounts[i] = newMount(info, path)
	}
	return mounts, err
}

// Everywhere returns all mounts of GlusterFS, also those that are not below kubelet's
// folder.
func (m *Mounts) Everywhere(ctx context.Context) ([]Mount, error) {
	return namespace.Do(ctx, m.namespaces, func() ([]Mount, error) { return everywhere(m.folder) })
}

// Make makes a folder to mount on, unless it is there. The folder that it is in has
// to be there.
func (m *Mounts) Make(ctx context.Context, path string) error {
	below, err := relative(m.folder, path)
	if err != nil {
		return err
	}
	_, err = namespace.Do(ctx, m.namespaces, func() (struct{}, error) {
		parent, element, err := openParent(m.folder, below)
		if err != nil {
			return struct{}{}, err
		}
		defer parent.Close()
		err = unix.Mkdirat(int(parent.Fd()), element, 0o750)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return struct{}{}, &fs.PathError{Op: "mkdir", Path: path, Err: err}
		}
		return struct{}{}, nil
	})
	return err
}

// Remove removes an empty folder, if it is there.
func (m *Mounts) Remove(ctx context.Context, path string) error {
	below, err := relative(m.folder, path)
	if err != nil {
		return err
	}
	_, err = namespace.Do(ctx, m.namespaces, func() (struct{}, error) {
		parent, element, err := openParent(m.folder, below)
		if errors.Is(err, fs.ErrNotExist) {
			return struct{}{}, nil
		}
		if err != nil {
			return struct{}{}, err
		}
		defer parent.Close()
		err = unix.Unlinkat(int(parent.Fd()), element, unix.AT_REMOVEDIR)
		if errors.Is(err, unix.ENOTDIR) {
			return struct{}{}, notFolder(path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return struct{}{}, &fs.PathError{Op: "rmdir", Path: path, Err: err}
		}
		return struct{}{}, nil
	})
	return err
}
