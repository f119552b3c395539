package stack

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"glusterfs-provisioner/test/e2e/sandbox"
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(sandbox.Program{
		Name: "stack", Variable: "STACK", Command: "make stack", SetUp: setUp, Test: m.Run, Shell: shell,
		Prepare: func(ctx context.Context, root string) error {
			_, err := prepare(ctx, root)
			return err
		},
	}.Main())
}

// shell is what a person types to use the cluster.
func shell() string {
	return fmt.Sprintf("export KUBECONFIG=%s PATH=%s:$PATH", env.cluster.Kubeconfig(), filepath.Dir(env.programs.cluster.Kubectl))
}
