package stack

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
		Name: "stack", Variable: "STACK", Command: "make stack",
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
		code = m.Run()
	}
	if os.Getenv("KEEP") == "1" {
		fmt.Println("stack: left up until Ctrl-C; to use it, enter the sandbox as told above, and there:")
		fmt.Printf("  export KUBECONFIG=%s PATH=%s:$PATH\n", env.cluster.Kubeconfig(), filepath.Dir(env.programs.cluster.Kubectl))
		<-ctx.Done()
	}
	return code
}
