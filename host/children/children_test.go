package children

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// soon is how long anything may take on a busy machine.
const soon = time.Minute

// adopting returns the children of this process, which are reaped until the end of the test.
func adopting(t *testing.T) *Children {
	t.Helper()
	c, err := Adopt()
	if err != nil {
		t.Fatal(err)
	}
	var reaping sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	reaping.Go(func() { c.Reap(ctx) })
	t.Cleanup(func() { cancel(); reaping.Wait() })
	return c
}

// daemon has a shell start a process whose parent ends, and returns its id once it has run the first of its commands.
func daemon(t *testing.T, c *Children, first, then string) int {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pid")
	if _, err := c.Run(t.Context(), "sh", "-c", "(sh -c '"+first+"; echo $$ > "+file+".new; mv "+file+".new "+file+"; "+then+"' > /dev/null 2>&1 &)"); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { _, err := os.Stat(file); return err == nil })
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

func await(t *testing.T, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(soon); !is(); {
		if time.Now().After(deadline) {
			t.Fatal("it does not come to that")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func exists(pid int) bool {
	_, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid)))
	return err == nil
}

// TestDaemonsAreReaped has a daemon end by itself: it does not stay as a zombie.
func TestDaemonsAreReaped(t *testing.T) {
	c := adopting(t)
	pid := daemon(t, c, "true", "sleep 0.2")
	await(t, func() bool { return !exists(pid) })
}

// TestEnd ends daemons that heed a SIGTERM, and one that does not.
func TestEnd(t *testing.T) {
	c := adopting(t)
	heeding := daemon(t, c, "true", "exec sleep 1000")
	await(t, func() bool { return len(c.adopted()) == 1 })
	if killed := c.End(t.Context()); killed != 0 || exists(heeding) {
		t.Errorf("it killed %d, and the process is there: %v", killed, exists(heeding))
	}
	deaf := daemon(t, c, `trap "" TERM`, "while true; do sleep 1000; done")
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if killed := c.End(ctx); killed == 0 || exists(deaf) {
		t.Errorf("it killed %d, and the process is there: %v", killed, exists(deaf))
	}
	if left := c.adopted(); len(left) > 0 {
		t.Errorf("there are still %v", left)
	}
}

// TestEndLeavesTheNodes ends what runs beside a daemon in another mount namespace, such as one that LVM has started on the node: that goes on.
func TestEndLeavesTheNodes(t *testing.T) {
	c := adopting(t)
	others := daemon(t, c, "true", "exec unshare --user --map-root-user --mount sleep 1000")
	defer func() { _ = syscall.Kill(others, syscall.SIGKILL) }()
	own := daemon(t, c, "true", "exec sleep 1000")
	await(t, func() bool { return len(c.adopted()) == 2 && slices.Equal(c.own(), []int{own}) })
	if killed := c.End(t.Context()); killed != 0 || exists(own) || !exists(others) {
		t.Errorf("it killed %d, its own is there: %v, the node's is there: %v", killed, exists(own), exists(others))
	}
}

// TestRunLeavesDaemons runs a command that starts a daemon, which has the command's output open: it has succeeded.
func TestRunLeavesDaemons(t *testing.T) {
	c := adopting(t)
	if output, err := c.Run(t.Context(), "sh", "-c", "sleep 1000 & echo said"); err != nil || output != "said\n" {
		t.Errorf("it says %q (%v)", output, err)
	}
	c.End(t.Context())
}

// TestRunIsNotReaped runs many commands while children are reaped: each one's own status comes back.
func TestRunIsNotReaped(t *testing.T) {
	c := adopting(t)
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for i := range 25 {
				output, err := c.Run(t.Context(), "sh", "-c", "echo said; exit "+strconv.Itoa(i%3))
				var exit *exec.ExitError
				if code := i % 3; output != "said\n" || (err == nil) != (code == 0) || err != nil && (!errors.As(err, &exit) || exit.ExitCode() != code || !strings.Contains(err.Error(), "said")) {
					t.Errorf("status %d: the output is %q, the error %v", code, output, err)
				}
			}
		})
	}
	work.Wait()
}

// TestRunIsBounded has a command hang.
func TestRunIsBounded(t *testing.T) {
	c := adopting(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Run(ctx, "sleep", "1000"); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "sleep 1000") {
		t.Errorf("the error is %v", err)
	}
	if _, err := c.Run(t.Context(), "/nowhere/program"); err == nil || !strings.Contains(err.Error(), "/nowhere/program") {
		t.Errorf("the error is %v", err)
	}
}
