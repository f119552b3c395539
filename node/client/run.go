package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"
	"k8s.io/klog/v2"
)

// outputBytes is how much of a program's output is kept.
const outputBytes = 16 << 10

// run runs a program, on the thread that it is called on, until it ends or the
// context does. It returns what the program said.
func (c *Client) run(ctx context.Context, search search, description string, arguments []string) (said string, err error) {
	place := place{environment: []string{"PATH=" + search.String(), "LC_ALL=C"}}
	if !c.options.Host {
		return place.run(ctx, arguments, nil)
	}
	// A systemd moves only what its scopes are made of, which in the first version
	// of cgroups leaves out some, such as the freezer's.
	if place.cgroup, err = leaveCgroups(); err != nil {
		return "", err
	}
	if place.cgroup != nil {
		defer place.cgroup.Close()
	}
	if scope := c.scope(search, description); scope != nil {
		said, err := place.run(ctx, append(scope, arguments...), awaitScope)
		if !errors.Is(err, errNoScope) {
			return said, err
		}
		klog.FromContext(ctx).Error(err, "The client has no scope of systemd, and no bound on its memory", "description", description, "said", said)
	}
	return place.run(ctx, arguments, nil)
}

// place is where programs run.
type place struct {
	environment []string
	// cgroup is the folder of the cgroup to start in; nil for that of this thread.
	cgroup *os.File
}

// run runs a program and returns what it said. What has to come true after its start is
// waited for, if anything; otherwise the program is killed.
func (p place) run(ctx context.Context, arguments []string, started func(ctx context.Context, process int) error) (said string, err error) {
	var output limited
	command := exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	command.Env = p.environment
	command.Dir = "/"
	command.Stdout, command.Stderr = &output, &output
	command.SysProcAttr = &unix.SysProcAttr{
		// All that the program runs is killed with it. The client has by then left
		// the group, or will see that its mount was taken away.
		Setpgid: true,
		// If this process is killed, nobody is there to see how the mount ends. The
		// client, which is no child of this thread, lives on.
		Pdeathsig: unix.SIGKILL,
	}
	if p.cgroup != nil {
		command.SysProcAttr.UseCgroupFD, command.SysProcAttr.CgroupFD = true, int(p.cgroup.Fd())
	}
	command.Cancel = func() error { return unix.Kill(-command.Process.Pid, unix.SIGKILL) }
	command.WaitDelay = killBound / 2
	if err := command.Start(); err != nil {
		return "", fmt.Errorf("cannot start %s: %w", arguments[0], err)
	}
	var unstarted error
	if started != nil {
		if unstarted = started(ctx, command.Process.Pid); unstarted != nil {
			_ = command.Cancel()
		}
	}
	err = command.Wait()
	switch {
	case ctx.Err() != nil:
		err = fmt.Errorf("it took too long: %w", ctx.Err())
	case unstarted != nil:
		return output.String(), unstarted
	}
	// That the client still holds what it inherited is no failure of the program.
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	if err != nil {
		err = fmt.Errorf("%s failed: %w", filepath.Base(arguments[0]), err)
	}
	return output.String(), err
}

// limited keeps the beginning of what is written.
type limited struct{ bytes.Buffer }

func (l *limited) Write(text []byte) (int, error) {
	if room := outputBytes - l.Len(); room > 0 {
		l.Buffer.Write(text[:min(room, len(text))])
	}
	return len(text), nil
}
