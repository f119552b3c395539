package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/children"
)

const (
	// firstPause is how long it is waited before a glusterd that has died is started again, which is doubled up to
	// longestPause each time that one dies at once.
	firstPause, longestPause = time.Second, 30 * time.Second
	// steady is how long one has to run so that its end does not count as at once.
	steady = time.Minute
	// glusterdBound is how long it may take to end.
	glusterdBound = 10 * time.Second
	// answerBound is how long it may take to answer.
	answerBound = 10 * time.Second
)

// glusterdLog is where glusterd logs to by default.
const glusterdLog = "/var/log/glusterfs/glusterd.log"

// glusterd is the daemon, which is started again whenever it dies.
type glusterd struct {
	config   Config
	children *children.Children
	// before is done before each start.
	before func()

	mu sync.Mutex
	// starts is how often it was started, and ended how it has ended; nil while it runs.
	starts int
	ended  error
}

// run has glusterd run until the context ends.
func (g *glusterd) run(ctx context.Context) {
	pause := firstPause
	for {
		begun := time.Now()
		err := g.runOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(begun) > steady {
			pause = firstPause
		}
		klog.ErrorS(err, "glusterd has ended; it is started again, and bricks go on", "interval", pause, "path", glusterdLog)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

// runOnce starts glusterd, waits for its end, and returns how it has ended. When the context ends, it ends glusterd.
func (g *glusterd) runOnce(ctx context.Context) error {
	g.before()
	command := exec.CommandContext(ctx, "glusterd", "--no-daemon", "--volfile="+g.config.settings())
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = glusterdBound
	wait, err := g.children.Start(command)
	if err != nil {
		err = fmt.Errorf("cannot start glusterd: %w", err)
		g.set(err)
		return err
	}
	g.started()
	if err = wait(); err == nil {
		err = errors.New("it has ended by itself")
	}
	err = fmt.Errorf("glusterd does not run: %w; %s says why", err, glusterdLog)
	g.set(err)
	return err
}

func (g *glusterd) started() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.starts++
	g.ended = nil
}

func (g *glusterd) set(ended error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.ended = ended
}

// restarts is how often glusterd was started again.
func (g *glusterd) restarts() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(g.starts-1, 0)
}

// ask returns why glusterd does not answer; nil if it does.
func (g *glusterd) ask(ctx context.Context) error {
	g.mu.Lock()
	ended := g.ended
	g.mu.Unlock()
	if ended != nil {
		return ended
	}
	if err := g.gluster(ctx, answerBound, "pool", "list"); err != nil {
		return fmt.Errorf("glusterd does not answer: %w", err)
	}
	return nil
}

// gluster runs a command of gluster's command line.
func (g *glusterd) gluster(ctx context.Context, bound time.Duration, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	_, err := g.children.Run(ctx, "gluster", append([]string{"--mode=script"}, args...)...)
	return err
}
