package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// Variable is the environment variable that tells a program in a sandbox the
// sandbox's folder.
const Variable = "GLUSTERFS_PROVISIONER_SANDBOX"

// killBound is how long the kernel may take to end all processes of a sandbox:
// those that write have to wait for the disk.
const killBound = 2 * time.Minute

// Launch runs the program that calls it a second time, with the same arguments, in
// a new sandbox. The second time, Variable is set, and the program calls Enter.
// When the context ends, or who started the program does, all processes in the
// sandbox are killed. That the program
// failed is an exec.ExitError. How to look into the sandbox is told on log.
func Launch(ctx context.Context, log io.Writer) (err error) {
	if err := removeStale(log); err != nil {
		return err
	}
	f, err := makeFolder()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.remove()) }()
	if err := f.startSweeper(ctx); err != nil {
		return err
	}
	ctx, cancel := withParent(ctx)
	defer cancel()

	// The kernel sends Pdeathsig when the thread ends that started the process,
	// not when the whole program does.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	command, err := f.command(ctx)
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("cannot start the sandbox: %w", err)
	}
	fmt.Fprintf(log, "sandbox: running in %s; to look around:\n  nsenter --all --target %d\n", f.path, command.Process.Pid)
	return command.Wait()
}

// command is this program in new namespaces, below a tini that buries the
// processes whose parents are gone.
func (f *folder) command(ctx context.Context) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("cannot find this program: %w", err)
	}
	command := exec.CommandContext(ctx, "tini", append([]string{"--", self}, os.Args[1:]...)...)
	command.Env = append(os.Environ(), Variable+"="+f.path, "TMPDIR="+f.file("tmp"), "HOME="+f.file("home"))
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.WaitDelay = killBound
	// As long as anything runs in the sandbox, its first process does, and so the
	// folder stays locked.
	command.ExtraFiles = []*os.File{f.lock}
	command.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWNET | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Pdeathsig:  syscall.SIGKILL,
		// Ctrl-C is for the program that launches.
		Setpgid: true,
	}
	return command, nil
}
