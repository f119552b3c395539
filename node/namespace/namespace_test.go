package namespace

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// elsewhere starts a process in namespaces of its own and returns its id.
func elsewhere(t *testing.T) int {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	command := exec.CommandContext(t.Context(), "sleep", "infinity")
	command.SysProcAttr = &unix.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWNET}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	return command.Process.Pid
}

func namespaceOf(path string) (string, error) { return os.Readlink(path) }

func TestDoIsElsewhereAndThisProcessIsNot(t *testing.T) {
	set, err := Of(elsewhere(t), Network, Names, Mounts)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	for _, kind := range []string{"mnt", "net", "uts"} {
		before, err := namespaceOf("/proc/self/ns/" + kind)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			there, err := Do(t.Context(), set, func() (string, error) {
				return namespaceOf("/proc/thread-self/ns/" + kind)
			})
			if err != nil || there == before {
				t.Fatalf("%s: ran in %s, %v, which is this process' own", kind, there, err)
			}
			if here, _ := namespaceOf("/proc/self/ns/" + kind); here != before {
				t.Fatalf("%s: this process is now in %s, was in %s", kind, here, before)
			}
		}
	}
}

func TestProgramsInheritTheNamespaces(t *testing.T) {
	set, err := Of(elsewhere(t), Names)
	if err != nil {
		t.Fatal(err)
	}
	defer set.Close()
	here, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	output, err := Do(t.Context(), set, func() ([]byte, error) {
		if err := unix.Sethostname([]byte("elsewhere")); err != nil {
			return nil, err
		}
		return exec.CommandContext(t.Context(), "uname", "-n").Output()
	})
	if err != nil || strings.TrimSpace(string(output)) != "elsewhere" {
		t.Errorf("the program is on the host %q, %v", output, err)
	}
	if now, _ := os.Hostname(); now != here {
		t.Errorf("this process is on the host %s now", now)
	}
}

func TestNobodyWaitsForWhatHangs(t *testing.T) {
	set, err := Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	release := make(chan struct{})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err = Do(ctx, set, func() (int, error) { <-release; return 1, nil })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
	if set.Running() != 1 {
		t.Errorf("%d functions run, want the one that hangs", set.Running())
	}
	close(release)
}

func TestNothingRunsWhenTheContextHasEnded(t *testing.T) {
	set, err := Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Do(ctx, set, func() (int, error) { t.Error("it ran"); return 0, nil }); err == nil {
		t.Error("no error")
	}
}

func TestNamespacesOfNobody(t *testing.T) {
	// Process ids end at 4194304, PID_MAX_LIMIT in the kernel.
	if _, err := Of(4194305, Mounts); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}
