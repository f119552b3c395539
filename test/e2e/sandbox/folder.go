package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"glusterfs-provisioner/test/bench"
)

const (
	// parent is where folders of sandboxes are: on a disk, since they hold disks.
	parent = "/var/tmp"
	prefix = "glusterfs-provisioner-e2e-"
)

// folder holds all that a sandbox writes. Its name is also that of the sandbox's
// cgroups.
type folder struct {
	path string
	// lock is held for as long as the sandbox runs.
	lock *os.File
	// sweeper is the end of a pipe that stays open as long as the launcher runs.
	sweeper *os.File
}

func makeFolder() (*folder, error) {
	f, err := makeLocked()
	if err != nil {
		return nil, fmt.Errorf("cannot make the sandbox's folder: %w", err)
	}
	for _, name := range []string{"tmp", "home"} {
		if err := os.Mkdir(f.file(name), 0o755); err != nil {
			return nil, errors.Join(fmt.Errorf("cannot fill the sandbox's folder: %w", err), f.remove())
		}
	}
	// Pods and ssh's users have to pass.
	return f, os.Chmod(f.path, 0o755)
}

// makeLocked makes a folder and locks it, again if another launch took it for a
// stale one between the two.
func makeLocked() (*folder, error) {
	for {
		path, err := os.MkdirTemp(parent, prefix)
		if err != nil {
			return nil, err
		}
		f, err := lockFolder(path)
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
}

// lockFolder takes a folder's lock. The error is syscall.EWOULDBLOCK if a
// sandbox that runs has it, and fs.ErrNotExist if the folder is gone.
func lockFolder(path string) (*folder, error) {
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot open a sandbox's lock: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("cannot lock %s: %w", path, err), lock.Close())
	}
	// Who had the lock may have removed the folder before giving it back.
	if _, err := os.Stat(lock.Name()); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &folder{path: path, lock: lock}, nil
}

func (f *folder) file(name string) string { return filepath.Join(f.path, name) }

// remove removes the folder and the sandbox's cgroups, whose processes are gone,
// and sees that none of its disks is still mounted.
func (f *folder) remove() error {
	// The kernel unmounts shortly after the last process is gone.
	unmounted := bench.Until(context.Background(), killBound, func(context.Context) error {
		files, err := LoopFiles(f.path)
		if err == nil && len(files) > 0 {
			err = fmt.Errorf("still mounted: %s", files)
		}
		return err
	})
	err := errors.Join(unmounted, removeCgroups(filepath.Base(f.path)), os.RemoveAll(f.path), f.lock.Close())
	if err != nil {
		return fmt.Errorf("cannot clear away the sandbox %s: %w", f.path, err)
	}
	return nil
}

// removeStale removes what sandboxes left behind whose launcher was killed.
func removeStale(log io.Writer) error {
	paths, err := filepath.Glob(filepath.Join(parent, prefix+"*"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		f, err := lockFolder(path)
		if errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(log, "sandbox: removing %s, which a run left behind that was killed\n", path)
		if err := f.remove(); err != nil {
			return err
		}
	}
	return nil
}
