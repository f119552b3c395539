package bench_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
)

// bound is how long anything here may take that is not slow by nature.
const bound = 30 * time.Second

func startShell(t *testing.T, script string) *bench.Process {
	t.Helper()
	process, err := bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: "/bin/sh",
		Args: []string{"-c", script},
		Log:  filepath.Join(t.TempDir(), "log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := process.Kill(); err != nil {
			t.Error(err)
		}
	})
	return process
}

func wait(t *testing.T, process *bench.Process) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	code, err := process.Wait(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// printedPID waits for the process id that the program prints.
func printedPID(t *testing.T, process *bench.Process) (pid int) {
	t.Helper()
	bench.Eventually(t, bound, func(context.Context) (err error) {
		line, _, _ := strings.Cut(process.Output(), "\n")
		pid, err = strconv.Atoi(line)
		return err
	})
	return pid
}

// mustBeGone waits until there is no such process, or only its exit code.
func mustBeGone(t *testing.T, pid int) {
	t.Helper()
	bench.Eventually(t, bound, func(context.Context) error {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			return nil
		}
		if err == nil && strings.Contains(string(stat), ") Z ") {
			return nil
		}
		return errors.Join(fmt.Errorf("process %d is there: %s", pid, stat), err)
	})
}

func TestProcessTellsItsExitCodeAndOutput(t *testing.T) {
	process := startShell(t, "echo out; echo err >&2; exit 3")
	if code := wait(t, process); code != 3 {
		t.Errorf("got exit code %d, want 3", code)
	}
	if output := process.Output(); output != "out\nerr\n" {
		t.Errorf("got output %q", output)
	}
	if err := process.Signal(syscall.SIGTERM); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("a signal to a process that has ended gives %v, want os.ErrProcessDone", err)
	}
}

func TestProcessOutputLeavesOutEarlierOnes(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	for _, word := range []string{"first", "second"} {
		process, err := bench.StartProcess(t.Context(), bench.ProcessOptions{Path: "/bin/echo", Args: []string{word}, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		wait(t, process)
		if output := process.Output(); output != word+"\n" {
			t.Errorf("the %s process' output is %q", word, output)
		}
	}
}

func TestProcessGetsSignals(t *testing.T) {
	process := startShell(t, "trap 'exit 7' USR1; echo $$; while :; do sleep 0.01; done")
	printedPID(t, process)
	if err := process.Signal(syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	if code := wait(t, process); code != 7 {
		t.Errorf("got exit code %d, want the trap's 7", code)
	}
}

func TestProcessThatIsKilledTakesItsChildrenAlong(t *testing.T) {
	process := startShell(t, "sleep 1000 & echo $!; wait")
	child := printedPID(t, process)
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	if code := wait(t, process); code != -1 {
		t.Errorf("got exit code %d, want -1 for a process that was killed", code)
	}
	mustBeGone(t, child)
}

func TestProcessThatCannotBeStarted(t *testing.T) {
	options := bench.ProcessOptions{Path: "/does/not/exist", Log: filepath.Join(t.TempDir(), "log")}
	if _, err := bench.StartProcess(t.Context(), options); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got error %v, want that the program does not exist", err)
	}
}

// The kernel kills a process whose parent is to end with the thread that started
// it. That thread ends here, and the process must not.
func TestProcessOutlivesTheThreadThatWantedIt(t *testing.T) {
	var process *bench.Process
	var task string
	onThreadThatEnds(func() {
		process = startShell(t, "sleep 1000")
		task = fmt.Sprintf("/proc/self/task/%d", syscall.Gettid())
	})
	bench.Eventually(t, bound, func(context.Context) error {
		_, err := os.Stat(task)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return errors.Join(fmt.Errorf("%s is there", task), err)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if code, err := process.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the process ended with its starter's thread: exit code %d, error %v", code, err)
	}
}

// onThreadThatEnds runs the function on a thread that ends after it.
func onThreadThatEnds(run func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		// The main thread never ends. While it is locked here, it must be another.
		if syscall.Gettid() == syscall.Getpid() {
			onThreadThatEnds(run)
			runtime.UnlockOSThread()
			return
		}
		// A thread that is not unlocked ends with the goroutine.
		run()
	}()
	<-done
}

// helperLog is set in a process that this test starts to be a parent.
const helperLog = "BENCH_TEST_HELPER_LOG"

func TestProcessIsKilledWithItsParent(t *testing.T) {
	if log := os.Getenv(helperLog); log != "" {
		beParent(t, log)
		return
	}
	dir := t.TempDir()
	childLog := filepath.Join(dir, "child")
	parent, err := bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: os.Args[0],
		Args: []string{"-test.run=^" + t.Name() + "$"},
		Env:  append(os.Environ(), helperLog+"="+childLog),
		Log:  filepath.Join(dir, "parent"),
	})
	if err != nil {
		t.Fatal(err)
	}
	child := printedPID(t, parent)
	if err := parent.Kill(); err != nil {
		t.Fatal(err)
	}
	mustBeGone(t, child)
}

// beParent starts a process, prints its id, and waits for it.
func beParent(t *testing.T, log string) {
	child, err := bench.StartProcess(t.Context(), bench.ProcessOptions{Path: "/bin/sleep", Args: []string{"1000"}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(child.PID())
	<-child.Ended()
}
