package sandbox

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"glusterfs-provisioner/test/bench"
)

// Sandbox is the sandbox that the program runs in.
type Sandbox struct {
	dir string
}

// ours are the folders in which the programs that run here insist on writing.
var ours = []string{"/etc", "/var/lib", "/var/log"}

// Enter makes the sandbox that Launch began complete. It is called once, by the
// program that Launch started, before it does anything else.
func Enter(ctx context.Context) (*Sandbox, error) {
	s := &Sandbox{dir: os.Getenv(Variable)}
	for _, step := range []func(context.Context) error{
		s.separateMounts, s.replaceFolders, s.replaceDevices, s.raiseLoopback,
	} {
		if err := step(ctx); err != nil {
			return nil, fmt.Errorf("cannot set up the sandbox: %w", err)
		}
	}
	return s, nil
}

// Folder makes a folder that goes with the sandbox.
func (s *Sandbox) Folder(name string) (string, error) {
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return "", fmt.Errorf("cannot make a folder of the sandbox: %w", err)
	}
	return path, nil
}

// separateMounts has mounts stay here, and /proc show the processes that are here.
func (s *Sandbox) separateMounts(context.Context) error {
	if err := mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return err
	}
	return mount("proc", "/proc", "proc", syscall.MS_NOSUID|syscall.MS_NODEV|syscall.MS_NOEXEC, "")
}

// replaceFolders has everything that is written to the machine's folders go to the
// sandbox's.
func (s *Sandbox) replaceFolders(context.Context) error {
	for _, path := range ours {
		upper, err := s.Folder(filepath.Join("upper", path))
		if err != nil {
			return err
		}
		work, err := s.Folder(filepath.Join("work", path))
		if err != nil {
			return err
		}
		options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", path, upper, work)
		if err := mount("overlay", path, "overlay", 0, options); err != nil {
			return err
		}
	}
	return mount("tmpfs", "/run", "tmpfs", syscall.MS_NOSUID|syscall.MS_NODEV, "mode=755")
}

func (s *Sandbox) raiseLoopback(ctx context.Context) error {
	_, err := bench.Run(ctx, nil, "ip", "link", "set", "lo", "up")
	return err
}

func mount(source, target, fstype string, flags uintptr, options string) error {
	if err := syscall.Mount(source, target, fstype, flags, options); err != nil {
		return fmt.Errorf("cannot mount %s %s: %w", fstype, target, err)
	}
	return nil
}
