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
		Name: "e2e", Variable: "E2E", Command: "make e2e", SetUp: setUp, Test: m.Run, LookAround: lookAround, Shell: clusterShell,
		Prepare: func(ctx context.Context, root string) error {
			_, err := prepare(ctx, root)
			return err
		},
	}.Main())
}

// lookAround sees that nothing is left of all volumes of the tests.
func lookAround(ctx context.Context) error {
	return bench.UntilEvery(ctx, pace, patience, checkNothingIsLeft)
}

// clusterShell is what a person types to use the cluster.
func clusterShell() string {
	if env.cluster == nil {
		return "ls " + env.logs
	}
	return fmt.Sprintf("export KUBECONFIG=%s PATH=%s:$PATH", env.cluster.Kubeconfig(), filepath.Dir(env.programs.cluster.Kubectl))
}
