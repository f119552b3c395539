package processes

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

func TestTarget(t *testing.T) {
	for commandLine, want := range map[string]string{
		"/usr/sbin/glusterfs\x00--process-name\x00fuse\x00/target\x00": "/target",
		"glusterfs\x00":         "",
		"glusterfs\x00/target":  "/target",
		"glusterfs\x00\x00\x00": "",
		"":                      "",
	} {
		if got := target(commandLine); got != want {
			t.Errorf("the target of %q is %q, want %q", commandLine, got, want)
		}
	}
}

func TestConnection(t *testing.T) {
	for fdinfo, want := range map[string]uint32{
		"pos:\t0\nflags:\t02100002\nmnt_id:\t58\nino:\t90\nfuse_connection:\t40\n": 40,
		"pos:\t0\nflags:\t02100002\nmnt_id:\t58\nino:\t90\n":                       0,
		"fuse_connection:\tx\n": 0,
		"":                      0,
	} {
		if got := connection(fdinfo); got != want {
			t.Errorf("the connection in %q is %d, want %d", fdinfo, got, want)
		}
	}
}

// start starts a shell in the place of a program, with a last argument, that ends when
// its input does.
func start(t *testing.T, program, argument string) *exec.Cmd {
	t.Helper()
	path := filepath.Join(t.TempDir(), program)
	if err := os.Symlink("/bin/sh", path); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), path, "-c", "echo ready; read end", argument)
	stdin, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = errors.Join(stdin.Close(), command.Wait()) })
	if _, err := stdout.Read(make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	return command
}

func TestServing(t *testing.T) {
	target := t.TempDir()
	client := start(t, "glusterfs", target)
	start(t, "glusterfs", target+"/other")
	start(t, "glusterfsd", target)
	start(t, "tail", target)
	if got := Serving(target); !slices.Equal(got, []int{client.Process.Pid}) {
		t.Errorf("processes %v serve it, want %d", got, client.Process.Pid)
	}
	// It has no FUSE device.
	clients, err := Clients()
	if err != nil || slices.ContainsFunc(clients, func(c Client) bool { return c.PID == client.Process.Pid }) {
		t.Errorf("clients are %v, %v", clients, err)
	}
}

func TestKill(t *testing.T) {
	command := start(t, "glusterfs", "/target")
	id, err := identify(command.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if err := Kill(ID{PID: id.PID, started: id.started + "0"}); err != nil {
		t.Error(err)
	}
	if now, err := identify(id.PID); err != nil || now != id {
		t.Errorf("what has the number of another process is now %v, %v", now, err)
	}
	if err := Kill(id); err != nil {
		t.Error(err)
	}
	_ = command.Wait()
	if status, ok := command.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Errorf("it ended with %v", command.ProcessState)
	}
	if err := Kill(id); err != nil {
		t.Errorf("that it has ended is an error: %v", err)
	}
}
