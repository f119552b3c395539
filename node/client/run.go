package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// outputBytes is how much of a program's output is kept.
const outputBytes = 16 << 10

// run runs a program, on the thread that it is called on, until it ends or the
// context does. It returns what the program said.
func (c *Client) run(ctx context.Context, description string, arguments []string) (said string, err error) {
	attributes := &unix.SysProcAttr{
		// All that the program runs is killed with it. The client has by then left
		// the group, or will see that its mount was taken away.
		Setpgid: true,
		// If this process is killed, nobody is there to see how the mount ends. The
		// client, which is no child of this thread, lives on.
		Pdeathsig: unix.SIGKILL,
	}
	if c.options.Host {
		// A systemd moves only what its scopes are made of, which in the first version
		// of cgroups leaves out some, such as the freezer's.
		cgroup, err := leaveCgroups()
		if err != nil {
			return "", err
		}
		if cgroup != nil {
			defer cgroup.Close()
		}
		if scope := systemdRun(description); scope != nil {
			arguments = append(scope, arguments...)
		} else if cgroup != nil {
			attributes.UseCgroupFD, attributes.CgroupFD = true, int(cgroup.Fd())
		}
	}
	var output limited
	command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	command.Env = []string{"PATH=" + searchPath, "LC_ALL=C"}
	command.Dir = "/"
	command.Stdout, command.Stderr = &output, &output
	command.SysProcAttr = attributes
	command.Cancel = func() error { return unix.Kill(-command.Process.Pid, unix.SIGKILL) }
	command.WaitDelay = killBound / 2
	err = command.Run()
	if ctx.Err() != nil {
		err = fmt.Errorf("it took too long: %w", ctx.Err())
	}
	// That the client still holds what it inherited is no failure of the program.
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("%s failed: %w", arguments[0], err)
	}
	return output.String(), err
}

// systemdRun is a command that runs what follows in a scope of its own, if there is
// a systemd. Otherwise it is nil.
func systemdRun(description string) []string {
	// See sd_booted(3).
	if info, err := os.Lstat("/run/systemd/system"); err != nil || !info.IsDir() {
		return nil
	}
	path, err := look("systemd-run")
	if err != nil {
		return nil
	}
	return []string{path, "--scope", "--quiet", "--description=" + description, "--"}
}

// limited keeps the beginning of what is written.
type limited struct{ bytes.Buffer }

func (l *limited) Write(text []byte) (int, error) {
	if room := outputBytes - l.Len(); room > 0 {
		l.Buffer.Write(text[:min(room, len(text))])
	}
	return len(text), nil
}
