package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"
)

const (
	// stopBound is how long a process may take to end after SIGTERM.
	stopBound = 15 * time.Second
	// killBound is how long the kernel may take to end a killed process.
	killBound = 10 * time.Second
)

// ProcessOptions say what to run.
type ProcessOptions struct {
	Path string
	Args []string
	// Env is the whole environment. When nil, it is the bench's own.
	Env []string
	// Log is the file to which the output is appended.
	Log string
}

// Process is a running program. It is safe for concurrent use.
type Process struct {
	command *exec.Cmd
	log     string
	// logStart is where this process' output begins in the log.
	logStart int64

	// ended is closed when the process has ended, after err was set.
	ended chan struct{}
	err   error
}

// StartProcess runs a program until it ends, is killed, or the bench's process
// ends. The context only bounds the start.
func StartProcess(ctx context.Context, options ProcessOptions) (*Process, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", options.Path, err)
	}
	log, err := os.OpenFile(options.Log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cannot open the log of %s: %w", options.Path, err)
	}
	defer log.Close()
	logStart, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("cannot find the end of %s: %w", options.Log, err)
	}

	// Not exec.CommandContext, which would kill the process with the context.
	command := exec.Command(options.Path, options.Args...)
	command.Env = options.Env
	command.Stdout = log
	command.Stderr = log
	command.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: syscall.SIGKILL,
		// In a group of its own, it does not get a terminal's Ctrl-C, on
		// which the bench stops it in good order.
		Setpgid: true,
	}
	p := &Process{command: command, log: options.Log, logStart: logStart, ended: make(chan struct{})}
	started := make(chan error)
	go p.run(started)
	if err := <-started; err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", options.Path, err)
	}
	return p, nil
}

// run starts the process and waits for its end, all on one OS thread: the kernel
// sends Pdeathsig when the thread that started the process ends, not when the
// whole parent does, and Go ends threads as it sees fit. The lock keeps this one
// for as long as the process runs.
func (p *Process) run(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()

	if err := p.command.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	err := p.command.Wait()
	if _, exited := errors.AsType[*exec.ExitError](err); !exited {
		p.err = err
	}
	// What the process started itself and left behind is still in its group.
	_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
	close(p.ended)
}

// PID is the process' id.
func (p *Process) PID() int { return p.command.Process.Pid }

// Ended is closed when the process has ended.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// running tells whether there is a process that has not ended.
func (p *Process) running() bool {
	if p == nil {
		return false
	}
	select {
	case <-p.ended:
		return false
	default:
		return true
	}
}

// Signal sends the process a signal. A process that has ended is
// os.ErrProcessDone.
func (p *Process) Signal(signal os.Signal) error {
	if err := p.command.Process.Signal(signal); err != nil {
		return fmt.Errorf("cannot send %s to %s: %w", signal, p, err)
	}
	return nil
}

// Wait returns the exit code as soon as the process has ended; it is -1 when a
// signal ended it.
func (p *Process) Wait(ctx context.Context) (int, error) {
	select {
	case <-p.ended:
	case <-ctx.Done():
		return 0, fmt.Errorf("%s is still running: %w", p, context.Cause(ctx))
	}
	if p.err != nil {
		return 0, fmt.Errorf("cannot learn how %s ended: %w", p, p.err)
	}
	return p.command.ProcessState.ExitCode(), nil
}

// Kill ends the process at once with SIGKILL, and returns when it is gone.
func (p *Process) Kill() error {
	return p.end(syscall.SIGKILL, killBound)
}

// Stop ends the process with SIGTERM, or with SIGKILL if that takes too long,
// and returns when it is gone.
func (p *Process) Stop() error {
	if err := p.end(syscall.SIGTERM, stopBound); err == nil {
		return nil
	}
	return p.Kill()
}

func (p *Process) end(signal os.Signal, bound time.Duration) error {
	if err := p.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), bound)
	defer cancel()
	_, err := p.Wait(ctx)
	return err
}

// Output is what the process logged so far.
func (p *Process) Output() string {
	log, err := os.ReadFile(p.log)
	if err != nil {
		return fmt.Sprintf("the output cannot be read: %v", err)
	}
	return string(log[min(p.logStart, int64(len(log))):])
}

// String names the process in messages.
func (p *Process) String() string {
	return fmt.Sprintf("%s (process %d)", filepath.Base(p.command.Path), p.PID())
}
