package stack

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// types types commands of the page, and returns what the last one printed.
func types(t *testing.T, commands ...string) (output string) {
	t.Helper()
	for _, command := range commands {
		var err error
		if output, err = env.person.Types(t.Context(), command); err != nil {
			t.Fatal(err)
		}
	}
	return output
}

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

// eventually waits until a condition holds, and fails the test with what it last said if it does not in time.
func eventually(t *testing.T, condition func(context.Context) error) {
	t.Helper()
	if err := bench.UntilEvery(t.Context(), pace, patience, condition); err != nil {
		t.Fatal(err)
	}
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

// inGallery runs a shell command in the page's pod.
func inGallery(t *testing.T, command string) string {
	t.Helper()
	return kubectl(t, "exec", "gallery", "--", "sh", "-c", command)
}
