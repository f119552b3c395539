package rollout

import "context"

// Plan tells what Replace would do, and returns a StoppedError if it had to wait first, or would refuse.
func (r *Rollout) Plan(ctx context.Context) error {
	if err := r.checkRights(ctx, r.rightsToLook()); err != nil {
		return err
	}
	f, err := r.fleet(ctx)
	if err != nil {
		return err
	}
	r.tell("%s", toDo(f))
	replaced := f.older()
	if r.Restart && len(replaced) == 0 {
		r.tell("with --restart, all of them are replaced nonetheless")
		replaced = f.pods
	}
	holder, err := r.Lease.Holder(ctx)
	if err != nil {
		return err
	}
	if holder != "" {
		r.tell("%s, which would be waited for", holder)
	}
	seen, missing, err := r.look(ctx)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return stopped("not all is whole now, which would be waited for: %s", inWords(missing))
	}
	r.tell("all is whole now: each pod is ready, each brick is served to all clients, and nothing has to heal")
	return r.checkOutages(seen, replaced)
}
