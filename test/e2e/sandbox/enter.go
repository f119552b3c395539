package sandbox

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"glusterfs-provisioner/test/bench"
)

// Sandbox is the sandbox that the program runs in.
type Sandbox struct {
	dir string
	// writable are folders of the machine in which it may write.
	writable []string
}

// Enter makes the sandbox that Launch began complete. It is called once, by the
// program that Launch started, before it starts anything. The machine's files can
// be read and not be changed, except in those of its folders that are given as
// writable.
func Enter(ctx context.Context, writable ...string) (*Sandbox, error) {
	s := &Sandbox{dir: os.Getenv(Variable), writable: writable}
	for _, step := range []func(context.Context) error{
		s.separateMounts, s.replaceFiles, s.replaceDevices, s.raiseLoopback,
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

func (s *Sandbox) raiseLoopback(ctx context.Context) error {
	_, err := bench.Run(ctx, nil, "ip", "link", "set", "lo", "up")
	return err
}
