package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"
)

// cutPower switches all hosts off and on again, and waits until every brick that gluster
// has is running, as it does at the start of a machine.
func cutPower(t *testing.T) {
	t.Helper()
	hosts := env.hosts.All()
	for _, host := range hosts {
		switchOff(t, host)
	}
	starts, ctx := errgroup.WithContext(t.Context())
	for _, host := range hosts {
		starts.Go(func() error { return host.Start(ctx) })
	}
	if err := starts.Wait(); err != nil {
		t.Fatal(err)
	}
	eventually(t, checkBricksRun)
}

// checkBricksRun tells of hosts on which not every brick of gluster's has a process.
func checkBricksRun(ctx context.Context) error {
	var problems []error
	for _, host := range env.hosts.All() {
		now := state{}
		if err := now.addHost(ctx, host); err != nil {
			return err
		}
		now.sort()
		want := bricksOfHost(now[host.Name()+" "+onBricks], host.Address())
		if running := ids(now[host.Name()+" "+onProcesses]); !slices.Equal(running, want) {
			problems = append(problems, fmt.Errorf("on the host %s run the bricks %q, gluster has %q", host.Name(), running, want))
		}
	}
	return errors.Join(problems...)
}
