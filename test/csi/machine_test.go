package csi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// machine is a node on which plugins run.
type machine struct {
	// on is a command that runs what follows on the node, where that is not the
	// sandbox itself.
	on []string
	// first is the node's first process, if it is not the sandbox's.
	first int
	// cgroup has those of the node's containers.
	cgroup cgroup
}

// startMachine starts a node whose first process is what a shell becomes that runs the
// script with the arguments, from $0. The node is there when ready returns nil, which
// gets a command like machine.on, and ends with the test.
func startMachine(t *testing.T, in cgroup, script string, arguments []string, ready func(ctx context.Context, on []string) error) machine {
	t.Helper()
	command := append([]string{"unshare", "--pid", "--mount", "--ipc", "--cgroup", "--fork", "--kill-child", "--mount-proc", "sh", "-c", script}, arguments...)
	process, err := bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: "sh", Args: in.run(command...),
		Log: filepath.Join(env.logs, strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-"))+"-machine.log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Kill() })
	m := machine{cgroup: in}
	bench.Eventually(t, patience, func(ctx context.Context) error {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", process.PID(), process.PID()))
		if err != nil {
			return bench.Final(fmt.Errorf("the machine has not started: %w: %s", err, process.Output()))
		}
		if m.first, err = strconv.Atoi(strings.TrimSpace(string(children))); err != nil {
			return errors.New("the machine has not started yet")
		}
		m.on = []string{"nsenter", "--pid", "--mount", "--ipc", "--target", strconv.Itoa(m.first), "--"}
		return ready(ctx, m.on)
	})
	return m
}

// run runs a command on the machine, which has mounts of its own, and returns what it
// printed.
func (m machine) run(t *testing.T, command ...string) string {
	t.Helper()
	output, err := bench.Run(t.Context(), nil, m.on[0], append(m.on[1:], command...)...)
	if err != nil {
		t.Fatal(err)
	}
	return string(output)
}
