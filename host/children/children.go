package children

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Children are the children of this process. They are safe for concurrent use. There may be only one in a process.
type Children struct {
	mu sync.Mutex
	// started are those that this process has started; who started them waits for them.
	started map[int]bool
}

// Adopt has this process be given all of its descendants whose parents end.
func Adopt() (*Children, error) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("cannot become the parent of daemons: %w", err)
	}
	return &Children{started: map[int]bool{}}, nil
}

// Start starts a command. Its end has to be waited for with the function that is returned.
func (c *Children) Start(command *exec.Cmd) (wait func() error, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := command.Start(); err != nil {
		return nil, err
	}
	c.started[command.Process.Pid] = true
	return func() error {
		err := command.Wait()
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.started, command.Process.Pid)
		return err
	}, nil
}

// outputBound is how long a command's output is read on after its end: a daemon that it has started may hold it open.
const outputBound = 5 * time.Second

// Run runs a command to its end and returns what it printed. The error has it, too, shortened. When the context ends,
// the command is killed.
func (c *Children) Run(ctx context.Context, name string, args ...string) (string, error) {
	var output strings.Builder
	command := exec.CommandContext(ctx, name, args...)
	command.Stdout, command.Stderr, command.WaitDelay = &output, &output, outputBound
	wait, err := c.Start(command)
	if err == nil {
		err = wait()
	}
	if err != nil {
		if ctx.Err() != nil {
			err = errors.Join(err, ctx.Err())
		}
		return output.String(), fmt.Errorf("%s: %w: %.500s", strings.Join(command.Args, " "), err, strings.TrimSpace(output.String()))
	}
	return output.String(), nil
}

// reapInterval is how often adopted children are looked for without a signal: the kernel's list of children may leave
// one out that ends while it is read.
const reapInterval = 5 * time.Second

// Reap takes the statuses of adopted children that have ended, until the context ends, so that
// they do not stay as zombies.
func (c *Children) Reap(ctx context.Context) {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	defer signal.Stop(ended)
	ticks := time.NewTicker(reapInterval)
	defer ticks.Stop()
	for {
		for _, pid := range c.adopted() {
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil) // It may still run.
		}
		select {
		case <-ctx.Done():
			return
		case <-ended:
		case <-ticks.C:
		}
	}
}

// adopted returns the children that this process has not started, also those that have ended.
func (c *Children) adopted() []int {
	c.mu.Lock()
	defer c.mu.Unlock()
	var adopted []int
	for _, pid := range children() {
		if !c.started[pid] {
			adopted = append(adopted, pid)
		}
	}
	return adopted
}

// children returns the children of this process.
func children() []int {
	lists, _ := filepath.Glob("/proc/self/task/*/children") // The pattern is a good one.
	var pids []int
	for _, list := range lists {
		text, _ := os.ReadFile(list) // The thread may have ended; its children are another's then.
		for field := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// Signal sends all adopted children a signal.
func (c *Children) Signal(signal syscall.Signal) {
	for _, pid := range c.adopted() {
		_ = syscall.Kill(pid, signal) // It may have ended.
	}
}

const (
	// endPoll is how often it is looked whether children have ended.
	endPoll = 100 * time.Millisecond
	// killBound is how long the kernel may take to end those that were killed.
	killBound = 5 * time.Second
)

// End asks all adopted children to end, also those that come to this process meanwhile, and kills them when
// the context ends. It returns how many it had to kill.
func (c *Children) End(ctx context.Context) (killed int) {
	c.signalUntilGone(ctx, syscall.SIGTERM)
	if len(c.adopted()) == 0 {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killBound)
	defer cancel()
	return c.signalUntilGone(ctx, syscall.SIGKILL)
}

// signalUntilGone sends each adopted child a signal once, until none is left or the context ends, and returns to
// how many it did.
func (c *Children) signalUntilGone(ctx context.Context, signal syscall.Signal) int {
	told := map[int]bool{}
	for {
		left := c.adopted()
		for _, pid := range left {
			if !told[pid] {
				told[pid] = true
				_ = syscall.Kill(pid, signal) // It may have ended.
			}
			_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
		if len(left) == 0 {
			return len(told)
		}
		select {
		case <-ctx.Done():
			return len(told)
		case <-time.After(endPoll):
		}
	}
}
