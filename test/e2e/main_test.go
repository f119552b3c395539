package e2e

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/sandbox"
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(main(m))
}

// main launches this program again in a sandbox, where it runs the tests.
func main(m *testing.M) int {
	if swept, err := sandbox.Sweep(); swept {
		if err != nil {
			fmt.Fprintln(os.Stderr, "e2e:", err)
			return 1
		}
		return 0
	}
	if os.Getenv("E2E") != "1" {
		fmt.Println("left out: make e2e runs these tests")
		return 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if os.Getenv(sandbox.Variable) != "" {
		return run(ctx, m)
	}
	if err := launch(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	return 0
}

// launch has the tests run in a sandbox, after it has built all that they need.
func launch(ctx context.Context) error {
	if os.Getuid() != 0 {
		return errors.New("these tests need root")
	}
	root, err := bench.Root(".")
	if err != nil {
		return err
	}
	if _, err := prepare(ctx, root); err != nil {
		return err
	}
	return sandbox.Launch(ctx, os.Stdout)
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
