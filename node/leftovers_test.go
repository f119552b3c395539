package node

import (
	"bufio"
	"fmt"
	"os/exec"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/node/mount"
	"glusterfs-provisioner/node/namespace"
	"glusterfs-provisioner/node/processes"
)

// TestClientThatHangsIsEnded has a client hang that is then unstaged. It is told of, and
// ended after a while.
func TestClientThatHangsIsEnded(t *testing.T) {
	for name, hang := range hangs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newImpatient(t)
			k.unstageHung(t, hang)
			k.service.Leftovers.AbortAfter = time.Nanosecond
			k.mustEnd(t)
		})
	}
}

// TestClientThatHungBefore has a plugin find a client that hung and was unstaged before
// its start.
func TestClientThatHungBefore(t *testing.T) {
	t.Parallel()
	k := newImpatient(t)
	k.unstageHung(t, (*fuseClient).stop)
	clients, err := namespace.Do(t.Context(), k.namespaces, processes.Clients)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(clients, func(client processes.Client) bool { return client.Connection == 0 }) {
		t.Skip("the kernel does not tell what a client serves")
	}
	k.abortAfter = time.Nanosecond
	k.restartPlugin()
	k.mustEnd(t)
}

// unstageHung unstages a volume whose client hangs, and sees that it is told of.
func (k *kubelet) unstageHung(t *testing.T, hang func(*fuseClient) error) {
	t.Helper()
	k.asker = newAsker()
	t.Cleanup(k.asker.Close)
	k.restartPlugin()
	k.use(t)
	k.hang(t, hang)
	k.end(t)
	if left, err := k.service.Leftovers.Survey(t.Context()); left != 1 || err != nil {
		t.Fatalf("%d clients have no mount, %v; want 1", left, err)
	}
}

// mustEnd waits until the client is ended, and what waits for its answers is told.
func (k *kubelet) mustEnd(t *testing.T) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		_ = k.last().command.Wait()
		close(ended)
	}()
	eventually(t, func() error {
		if left, err := k.service.Leftovers.Survey(t.Context()); left != 0 || err != nil {
			return fmt.Errorf("%d clients have no mount, %w", left, err)
		}
		return nil
	})
	<-ended
	eventually(t, func() error {
		if asked := k.asker.Pending(); asked != 0 {
			return fmt.Errorf("%d questions have no answer", asked)
		}
		return nil
	})
}

// TestMountedClientIsNotEnded has a client hang whose volume a pod still has.
func TestMountedClientIsNotEnded(t *testing.T) {
	t.Parallel()
	k := newImpatient(t)
	k.abortAfter = time.Nanosecond
	k.restartPlugin()
	k.use(t)
	client := k.hang(t, (*fuseClient).stop)
	if err := k.unstage(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if left, err := k.service.Leftovers.Survey(t.Context()); left != 0 || err != nil {
			t.Errorf("%d clients have no mount, %v", left, err)
		}
	}
	if err := unix.Kill(client.pid(), unix.SIGCONT); err != nil {
		t.Error(err)
	}
	condition, err := k.service.probe(t.Context(), k.target)
	if err != nil || condition.Health != mount.Alive {
		t.Errorf("the pod's mount is %v, %v", condition, err)
	}
	k.end(t)
}

// TestClientOfAnotherContainersMounts has a container that has a copy of the node's mounts
// keep a client. It is told of and goes on until that container ends.
func TestClientOfAnotherContainersMounts(t *testing.T) {
	t.Parallel()
	k := newKubelet(t, nil, false)
	k.abortAfter = time.Nanosecond
	k.restartPlugin()
	k.use(t)
	container, err := namespace.Do(t.Context(), k.namespaces, func() (*exec.Cmd, error) {
		command := exec.CommandContext(t.Context(), "unshare", "--mount", "--propagation=private", "sh", "-c", "echo ready; exec sleep infinity")
		stdout, err := command.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := command.Start(); err != nil {
			return nil, err
		}
		_, err = bufio.NewReader(stdout).ReadString('\n')
		return command, err
	})
	if err != nil {
		t.Fatal(err)
	}
	client := k.last()
	k.end(t)
	for range 3 {
		if left, err := k.service.Leftovers.Survey(t.Context()); left != 1 || err != nil {
			t.Fatalf("%d clients have no mount, %v; want 1", left, err)
		}
	}
	if err := unix.Kill(client.pid(), 0); err != nil {
		t.Errorf("the client was ended: %v", err)
	}
	_ = container.Process.Kill()
	_ = container.Wait()
	if err := client.command.Wait(); err != nil {
		t.Errorf("the client ended with %v", err)
	}
	eventually(t, func() error {
		if left, err := k.service.Leftovers.Survey(t.Context()); left != 0 || err != nil {
			return fmt.Errorf("%d clients have no mount, %w", left, err)
		}
		return nil
	})
}

// TestUnstagingWaitsForTheClient ends with its client.
func TestUnstagingWaitsForTheClient(t *testing.T) {
	t.Parallel()
	k := newKubelet(t, nil, false)
	k.use(t)
	client := k.last()
	k.end(t)
	if left, err := k.service.Leftovers.Survey(t.Context()); left != 0 || err != nil {
		t.Errorf("%d clients have no mount, %v", left, err)
	}
	if err := client.command.Wait(); err != nil {
		t.Errorf("the client ended with %v", err)
	}
}
