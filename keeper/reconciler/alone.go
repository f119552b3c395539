package reconciler

import (
	"context"
	"errors"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/maintenance"
)

// plan looks at an object, and plans for it. If GlusterFS has less by the next step, nobody else has taken anything away since it was looked,
// and nobody else does until a look has no such step. So the Lease is held from one such step to the next, and it is not held while
// what was moved heals: that is seen by all who look, and a rollout may have to mend what keeps it from healing.
func (r *Reconciler) plan(ctx context.Context, one *object, all []*object) (disks.Plan, error) {
	for {
		facts, err := r.gather(ctx, one, all)
		if err != nil {
			return disks.Plan{}, err
		}
		plan := disks.Make(one.state, facts)
		if !plan.Next.TakesAway() {
			return plan, nil
		}
		before := r.held
		r.held, err = r.config.Lease.Take(ctx)
		var taken *maintenance.HeldError
		switch {
		case errors.As(err, &taken):
			facts.Rival = taken.Error()
			return disks.Make(one.state, facts), nil
		case err != nil && !errors.Is(err, maintenance.ErrLost):
			return disks.Plan{}, err
		case r.held != nil && r.held == before:
			return plan, nil
		}
	}
}

// release lets others take something away again. A step whose end was not seen, such as at the end of this process, is not followed by it: then
// the Lease expires, or the next keeper goes on with it, which has the same identity.
func (r *Reconciler) release(ctx context.Context) {
	r.held = nil
	if err := r.config.Lease.Release(ctx); err != nil {
		klog.ErrorS(err, "Others have to wait until the Lease for taking bricks away expires")
	}
}
