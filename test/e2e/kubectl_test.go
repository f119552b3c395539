package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
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
	output, err := env.cluster.Kubectl(ctx, args...)
	return strings.TrimSpace(string(output)), err
}

// shell runs a shell command in a pod.
func shell(t *testing.T, pod, command string) string {
	t.Helper()
	return kubectl(t, inPod(pod, command)...)
}

// inPod are kubectl's arguments for a shell command in a pod, which is named with
// its namespace if that is not the default.
func inPod(pod, command string) []string {
	namespace, name, found := strings.Cut(pod, "/")
	if !found {
		namespace, name = "default", pod
	}
	return []string{"exec", "--namespace=" + namespace, name, "--", "sh", "-c", command}
}

// waitUntilPrints waits until kubectl prints just that.
func waitUntilPrints(t *testing.T, want string, bound time.Duration, args ...string) {
	t.Helper()
	bench.Eventually(t, bound, func(ctx context.Context) error {
		got, err := try(ctx, args...)
		if err == nil && got != want {
			err = fmt.Errorf("kubectl %s prints %q, want %q", strings.Join(args, " "), got, want)
		}
		return err
	})
}

// kubectlAfter runs kubectl after the test.
func kubectlAfter(t *testing.T, args ...string) {
	t.Helper()
	if _, err := try(context.Background(), args...); err != nil {
		t.Error(err)
	}
}

// applyExample applies a file of examples/, with the key and the URL of the heketi
// here.
func applyExample(t *testing.T, name string, flags ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(env.root, "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	apply(t, strings.NewReplacer(
		"key: adminkey", "key: "+env.heketi.AdminKey(),
		"http://heketi.example.com:8080", env.heketi.URL(),
	).Replace(string(text)), flags...)
}

// apply applies a manifest.
func apply(t *testing.T, manifest string, flags ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "manifest.yaml")
	if err := os.WriteFile(file, []byte(manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	kubectl(t, append([]string{"apply", "-f", file}, flags...)...)
}
