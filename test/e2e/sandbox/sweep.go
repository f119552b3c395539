package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"

	"glusterfs-provisioner/test/bench"
)

// sweepVariable is the environment variable that tells a program which folder it
// is to sweep.
const sweepVariable = "GLUSTERFS_PROVISIONER_SWEEP"

// Sweep has to be the first thing that a program calls that calls Launch. It tells
// whether the program was only started to remove what a sandbox leaves whose
// launcher is killed; when it returns that, this is done.
func Sweep() (swept bool, err error) {
	path := os.Getenv(sweepVariable)
	if path == "" {
		return false, nil
	}
	// The other end is the launcher's. Nobody writes to it.
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return true, err
	}
	// The launcher has usually removed everything itself.
	var f *folder
	err = bench.Until(context.Background(), killBound, func(context.Context) (err error) {
		f, err = lockFolder(path)
		if err != nil && !errors.Is(err, syscall.EWOULDBLOCK) {
			return bench.Final(err)
		}
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return true, err
	}
	return true, f.remove()
}

// startSweeper starts this program another time, for Sweep. It works when the
// program that started it has ended, however that was.
func (f *folder) startSweeper(ctx context.Context) error {
	ours, theirs, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("cannot make a pipe: %w", err)
	}
	defer ours.Close()
	command := exec.CommandContext(context.WithoutCancel(ctx), "/proc/self/exe")
	command.Env = []string{sweepVariable + "=" + f.path}
	command.Stdin = ours
	// Ctrl-C, or the end of a terminal, is not for it.
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := command.Start(); err != nil {
		return errors.Join(fmt.Errorf("cannot start the sweeper: %w", err), theirs.Close())
	}
	f.sweeper = theirs
	return nil
}

// withParent is a context that also ends when the program that started this one
// does.
func withParent(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	parent := os.Getppid()
	go func() {
		ticks := time.NewTicker(time.Second)
		defer ticks.Stop()
		for os.Getppid() == parent {
			select {
			case <-ctx.Done():
				return
			case <-ticks.C:
			}
		}
		cancel()
	}()
	return ctx, cancel
}
