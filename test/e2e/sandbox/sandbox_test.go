package sandbox_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/sandbox"
)

// roleVariable has this program be what launches a sandbox, or what starts that.
const roleVariable = "SANDBOX_TEST_ROLE"

func TestMain(m *testing.M) {
	played, err := play()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if !played {
		os.Exit(m.Run())
	}
}

// play plays the role that this program was started in, if it was in one.
func play() (played bool, err error) {
	if swept, err := sandbox.Sweep(); swept {
		return true, err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch role := os.Getenv(roleVariable); {
	case os.Getenv(sandbox.Variable) != "":
		return true, occupy(ctx)
	case role == "launcher":
		return true, sandbox.Launch(ctx, os.Stderr)
	case role == "parent":
		command := itself(ctx, "launcher")
		command.Stdout = os.Stdout
		return true, command.Run()
	}
	return false, nil
}

// itself is this program in a role.
func itself(ctx context.Context, role string) *exec.Cmd {
	command := exec.CommandContext(ctx, "/proc/self/exe")
	command.Env = append(os.Environ(), roleVariable+"="+role)
	command.Stderr = os.Stderr
	return command
}

// occupy takes, in the sandbox, one of each thing that a machine has to be freed
// of, tells the ids of processes and the folder, and waits.
func occupy(ctx context.Context) error {
	box, err := sandbox.Enter(ctx)
	if err != nil {
		return err
	}
	for _, path := range []string{"/usr/sandbox-test", "/opt/sandbox-test", "/sandbox-test", "/var/tmp/sandbox-test"} {
		if err := os.WriteFile(path, nil, 0o600); !errors.Is(err, syscall.EROFS) {
			return fmt.Errorf("writing %s: the error is %w, want that it is read-only", path, err)
		}
	}
	if err := os.WriteFile("/etc/sandbox-test", nil, 0o600); err != nil {
		return err
	}
	cgroup, err := box.MakeCgroup("group")
	if err != nil {
		return err
	}
	folder, err := box.Folder("disk")
	if err != nil {
		return err
	}
	script := `set -e
cd ` + folder + `
truncate --size=64M disk && mkfs.ext4 -q disk && mkdir mounted && mount -o loop disk mounted
ip link add sandbox-test type bridge
setsid sleep 1000 < /dev/null > /dev/null 2>&1 &`
	if _, err := bench.Run(ctx, nil, "sh", "-c", script); err != nil {
		return err
	}
	files, err := sandbox.LoopFiles(folder)
	if err != nil || len(files) != 1 {
		return fmt.Errorf("the loop devices have the files %s (%w), want one", files, err)
	}
	fmt.Println(filepath.Dir(folder), cgroup)
	<-ctx.Done()
	return nil
}

// TestNothingIsLeft ends a sandbox in every way that there is.
func TestNothingIsLeft(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("left out: needs root")
	}
	if _, err := exec.LookPath("tini"); err != nil {
		t.Skip("left out: needs Debian's package tini, which make e2e installs")
	}
	for name, end := range map[string]func(parent, launcher, first int) error{
		"Ctrl-C at the launcher":          func(_, launcher, _ int) error { return syscall.Kill(launcher, syscall.SIGINT) },
		"the launcher is killed":          func(_, launcher, _ int) error { return syscall.Kill(launcher, syscall.SIGKILL) },
		"the launcher's parent is killed": func(parent, _, _ int) error { return syscall.Kill(parent, syscall.SIGKILL) },
		"the program panics":              func(_, _, first int) error { return syscall.Kill(childOf(first, ""), syscall.SIGQUIT) },
		"the first process is killed":     func(_, _, first int) error { return syscall.Kill(first, syscall.SIGKILL) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent := itself(t.Context(), "parent")
			parent.Stderr = nil // a panic is long
			output, err := parent.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := parent.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(output).ReadString('\n')
			if err != nil {
				t.Fatalf("the sandbox does not start: %v", err)
			}
			launcher := childOf(parent.Process.Pid, "")
			first := childOf(launcher, "tini")
			processes := namespaceOf(first)
			if err := end(parent.Process.Pid, launcher, first); err != nil {
				t.Fatal(err)
			}
			fields := strings.Fields(line)
			bench.Eventually(t, time.Minute, func(context.Context) error { return checkGone(fields[0], fields[1], processes) })
			_ = parent.Wait()
		})
	}
}

// checkGone tells of what a sandbox has left.
func checkGone(folder, cgroup, processes string) error {
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the folder %s is still there (%w)", folder, err)
	}
	if cgroups, err := filepath.Glob("/sys/fs/cgroup/*" + cgroup); err != nil || len(cgroups) > 0 {
		return fmt.Errorf("the cgroups %s are still there (%w)", cgroups, err)
	}
	if files, err := sandbox.LoopFiles(folder); err != nil || len(files) > 0 {
		return fmt.Errorf("the files %s are still mounted (%w)", files, err)
	}
	all, err := filepath.Glob("/proc/[0-9]*/ns/pid")
	if err != nil {
		return err
	}
	for _, path := range all {
		if namespace, err := os.Readlink(path); err == nil && namespace == processes {
			return fmt.Errorf("the process of %s still runs", path)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || strings.Contains(string(mounts), folder) {
		return fmt.Errorf("the machine has a mount of %s (%w)", folder, err)
	}
	return nil
}

// childOf is the first child of a process whose name is that, or begins so.
func childOf(pid int, name string) int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		children, _ := os.ReadFile(list)
		for child := range strings.FieldsSeq(string(children)) {
			if comm, _ := os.ReadFile("/proc/" + child + "/comm"); strings.HasPrefix(string(comm), name) {
				number, _ := strconv.Atoi(child)
				return number
			}
		}
	}
	return 0
}

// namespaceOf is the namespace in which a process numbers its children.
func namespaceOf(pid int) string {
	namespace, _ := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid_for_children", pid))
	return namespace
}
