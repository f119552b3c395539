package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/e2e/gluster"
)

// kubectl runs kubectl and returns what it printed, without surrounding space.
func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	output, err := try(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

// try runs kubectl likewise, but may fail.
func try(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandBound)
	defer cancel()
	output, err := env.cluster.Kubectl(ctx, args...)
	return strings.TrimSpace(string(output)), err
}

// kubectlAfter runs kubectl after the test, whose own context has ended.
func kubectlAfter(t *testing.T, args ...string) {
	t.Helper()
	if _, err := try(context.Background(), args...); err != nil {
		t.Error(err)
	}
}

// remove deletes objects and waits until they are gone.
func remove(t *testing.T, namespace string, objects ...string) {
	t.Helper()
	kubectl(t, append([]string{"delete", "--namespace=" + namespace, "--timeout=" + patience.String()}, objects...)...)
}

// shell runs a shell command in a pod.
func shell(t *testing.T, pod, command string) string {
	t.Helper()
	return kubectl(t, inPod(pod, command)...)
}

// inPod are kubectl's arguments for a shell command in a pod, which is named with
// its namespace.
func inPod(pod, command string) []string {
	namespace, name, _ := strings.Cut(pod, "/")
	return []string{"exec", "--namespace=" + namespace, name, "--", "sh", "-c", command}
}

// waitUntilPrints waits until kubectl prints just that.
func waitUntilPrints(t *testing.T, want string, args ...string) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		got, err := try(ctx, args...)
		if err == nil && got != want {
			err = fmt.Errorf("kubectl %s prints %q, want %q", strings.Join(args, " "), got, want)
		}
		return err
	})
}

// waitUntilTold waits until an event of a namespace, with that reason, tells something.
func waitUntilTold(t *testing.T, namespace, reason, want string) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		said, err := try(ctx, "get", "events", "--namespace="+namespace, "--field-selector=reason="+reason, "-o", "jsonpath={.items[*].message}")
		if err == nil && !strings.Contains(said, want) {
			err = fmt.Errorf("the events %s say %q, want %q among it", reason, said, want)
		}
		return err
	})
}

// apply applies a manifest.
func apply(t *testing.T, manifest string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "manifest.yaml")
	if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	kubectl(t, "apply", "-f", file)
}

// heketiCLI runs heketi-cli and returns what it printed.
func heketiCLI(t *testing.T, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandBound)
	defer cancel()
	output, err := env.heketi.CLI(ctx, args...)
	if err != nil {
		t.Fatal(err)
	}
	return output
}

// onHost runs a shell command on a host, as root.
func onHost(t *testing.T, host *gluster.Host, command string) string {
	t.Helper()
	output, err := host.Run(t.Context(), command)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(output)
}

// onHostAfter runs a shell command on a host after the test, whose own context has ended.
func onHostAfter(t *testing.T, host *gluster.Host, command string) {
	t.Helper()
	if _, err := host.Run(context.Background(), command); err != nil {
		t.Error(err)
	}
}
