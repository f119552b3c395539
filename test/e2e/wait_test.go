package e2e

import (
	"context"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
)

const (
	// patience bounds what takes seconds on a machine that does nothing else: a
	// volume made or deleted, a pod started or gone.
	patience = 4 * time.Minute
	// pace is how often is looked whether it is done. Each time a program runs for
	// it, which the rest has to make room for.
	pace = 500 * time.Millisecond
	// commandBound is how long one command may take, even one that waits.
	commandBound = patience + time.Minute
)

// eventually waits until a condition holds, and fails the test with what it last
// said if it does not in time.
func eventually(t *testing.T, condition func(context.Context) error) {
	t.Helper()
	if err := bench.UntilEvery(t.Context(), pace, patience, condition); err != nil {
		t.Fatal(err)
	}
}
