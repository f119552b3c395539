package cluster

import (
	"context"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	"glusterfs-provisioner/cmd/installed"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
)

// Leader is what the Lease says by which one of a provisioner's replicas leads.
type Leader struct {
	// Holder is the process that has it; empty if none has.
	Holder string
	// Renewed is when a leader last wrote that.
	Renewed time.Time
	// Leads says that it still does.
	Leads bool
}

const (
	// renewing is how often a leader renews its Lease at least, with its default flags
	// (--leader-elect-retry-period), and some time for the API server.
	renewing = 5 * time.Second
	// glance is how long it takes until a Lease is looked at again.
	glance = 500 * time.Millisecond
)

// Leader returns who leads. A Lease that seems to be too old by this machine's clock is watched
// for some seconds: if it is renewed, only the clocks differ.
func (c Cluster) Leader(ctx context.Context) asked.Thing[Leader] {
	lease := c.lease(ctx)
	if !lease.There || isHeld(lease.Value) && isFresh(lease.Value, time.Now()) {
		return asked.Then(lease, leading(true))
	}
	if !isHeld(lease.Value) {
		return asked.Then(lease, leading(false))
	}
	renewed := false
	err := wait.PollUntilContextTimeout(ctx, glance, renewing, false, func(ctx context.Context) (bool, error) {
		now := c.lease(ctx)
		renewed = now.There && isHeld(now.Value) && !now.Value.Spec.RenewTime.Equal(lease.Value.Spec.RenewTime)
		return renewed, now.Err
	})
	if err != nil && !wait.Interrupted(err) {
		return asked.Thing[Leader]{Err: err}
	}
	return asked.Then(lease, leading(renewed))
}

func (c Cluster) lease(ctx context.Context) asked.Thing[*coordinationv1.Lease] {
	name := installed.LeaseOf(c.Installed.Provisioner)
	return asked.For(c.Client.CoordinationV1().Leases(c.Installed.Namespace).Get(ctx, name, metav1.GetOptions{}))
}

// isHeld says whether a process has the Lease; one that ends in good order gives it back.
func isHeld(lease *coordinationv1.Lease) bool {
	return lease.Spec.HolderIdentity != nil && *lease.Spec.HolderIdentity != "" && lease.Spec.RenewTime != nil && lease.Spec.LeaseDurationSeconds != nil
}

// isFresh says whether a Lease that is held still counts at that time.
func isFresh(lease *coordinationv1.Lease, now time.Time) bool {
	return now.Sub(lease.Spec.RenewTime.Time).Abs() < time.Duration(*lease.Spec.LeaseDurationSeconds)*time.Second
}

func leading(leads bool) func(*coordinationv1.Lease) (Leader, error) {
	return func(lease *coordinationv1.Lease) (Leader, error) {
		leader := Leader{Leads: leads}
		if lease.Spec.HolderIdentity != nil {
			leader.Holder = *lease.Spec.HolderIdentity
		}
		if lease.Spec.RenewTime != nil {
			leader.Renewed = lease.Spec.RenewTime.Time
		}
		return leader, nil
	}
}
