package stage

import (
	"context"
	"fmt"
	"time"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/performance/usage"
)

const (
	// settleBound is how long a control plane may take to settle.
	settleBound = time.Minute
	// settledFor is how long the API server has to be idle, and idleBelow what it
	// may use of a core in that time.
	settledFor = time.Second
	idleBelow  = 0.1
)

// Settle waits until the API server has done what it does after its start, such as
// to build its OpenAPI documents. That is some seconds of work of all cores, which
// would be counted as whoever provisions'.
func (s *Stage) Settle(ctx context.Context) error {
	return bench.Until(ctx, settleBound, func(ctx context.Context) error {
		apiServer := s.Cluster.PIDs()[bench.APIServer]
		before, err := usage.Of(apiServer)
		if err != nil {
			return err
		}
		select {
		case <-time.After(settledFor):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		after, err := usage.Of(apiServer)
		if err != nil {
			return err
		}
		if used := (after.CPU - before.CPU).Seconds() / settledFor.Seconds(); used >= idleBelow {
			return fmt.Errorf("the API server still uses %.0f %% of a core", 100*used)
		}
		return nil
	})
}
