package rollout

import (
	"context"
	"errors"

	"glusterfs-provisioner/keeper/maintenance"
)

// alone calls do while nobody else takes bricks away: no other rollout, and no keeper that drains a disk. It waits for those before.
func (r *Rollout) alone(ctx context.Context, do func(context.Context) error) error {
	var held context.Context
	var taken *maintenance.HeldError
	err := r.wait(ctx, "before any pod is replaced", func(context.Context) (missing []string, err error) {
		if held, err = r.Lease.Take(ctx); errors.As(err, &taken) {
			return []string{taken.Error() + ", and takes bricks away meanwhile"}, nil
		}
		return nil, err
	})
	var late *lateError
	if errors.As(err, &late) {
		return stopped("after %s, it is not known that nobody else takes bricks away: %s. No pod was touched. To do: wait for that, or end it, and type the command again", r.Timeout, late.missing)
	}
	if err != nil {
		return err
	}
	defer r.release(ctx)
	err = do(held)
	if err != nil && !isStopped(err) && errors.Is(context.Cause(held), maintenance.ErrLost) {
		return stopped("the Lease %s/%s was not renewed in time, or somebody else has it, who may take bricks away. No other pod is touched. To do: type the command again", r.Namespace, maintenance.Name)
	}
	return err
}

// release lets others take bricks away again, also if the command is ended.
func (r *Rollout) release(ctx context.Context) {
	if err := r.Lease.Release(context.WithoutCancel(ctx)); err != nil {
		r.tell("%v", err)
	}
}
