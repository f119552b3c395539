package children

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
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

// own returns those of the adopted that have this process's mounts.
func (c *Children) own() []int {
	mounts, _ := os.Readlink("/proc/self/ns/mnt") // A process can read its own.
	return slices.DeleteFunc(c.adopted(), func(pid int) bool {
		// One that has ended has none any more.
		theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", pid))
		return err == nil && theirs != mounts
	})
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

const (
	// endPoll is how often it is looked whether children have ended.
	endPoll = 100 * time.Millisecond
	// killBound is how long the kernel may take to end those that were killed.
	killBound = 5 * time.Second
)

// End asks the adopted children that have this process's mounts to end, also those that come to it meanwhile, and kills
// them when the context ends. It returns how many it had to kill. Others have entered the node's namespaces: LVM's
// daemons, which look after what is on the node, and go on.
func (c *Children) End(ctx context.Context) (killed int) {
	c.signalUntilGone(ctx, syscall.SIGTERM)
	if len(c.own()) == 0 {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killBound)
	defer cancel()
	return c.signalUntilGone(ctx, syscall.SIGKILL)
}

// signalUntilGone sends each own child a signal once, until none is left or the context ends, and returns to
// how many it did.
func (c *Children) signalUntilGone(ctx context.Context, signal syscall.Signal) int {
	told := map[int]bool{}
	for {
		left := c.own()
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
