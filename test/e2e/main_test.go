package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/sandbox"
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(sandbox.Program{
		Name: "e2e", Variable: "E2E", Command: "make e2e",
		Prepare: func(ctx context.Context) error {
			root, err := bench.Root(".")
			if err != nil {
				return err
			}
			_, err = prepare(ctx, root)
			return err
		},
		Run: func(ctx context.Context) int { return run(ctx, m) },
	}.Main())
}

// run runs the tests in the sandbox. With KEEP=1 it stays there.
func run(ctx context.Context, m *testing.M) int {
	code := 1
	if err := setUp(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "cannot set up the tests:", err)
	} else {
		code = max(m.Run(), lookAround(ctx))
	}
	if os.Getenv("KEEP") == "1" {
		keep(ctx)
	}
	return code
}

// lookAround sees, after the tests, that nothing is left of all their volumes.
func lookAround(ctx context.Context) int {
	if err := bench.UntilEvery(ctx, pace, patience, checkNothingIsLeft); err != nil {
		fmt.Fprintln(os.Stderr, "FAIL: something is left of the tests' volumes:", err)
		return 1
	}
	return 0
}

func keep(ctx context.Context) {
	fmt.Println("e2e: left up until Ctrl-C; to use it, enter the sandbox as told above, and there:")
	if env.cluster != nil {
		fmt.Printf("  export KUBECONFIG=%s PATH=%s:$PATH\n", env.cluster.Kubeconfig(), filepath.Dir(env.programs.cluster.Kubectl))
	}
	<-ctx.Done()
}
