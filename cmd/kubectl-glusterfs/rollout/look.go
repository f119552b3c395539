package rollout

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"
	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/glusterxml"
)

const (
	// asksAtATime is how many commands of gluster run at a time.
	asksAtATime = 4
	// askBound is how long one may take; gluster itself gives up after two minutes.
	askBound = 3 * time.Minute
)

// look looks once at all of it, and says what is missing. It asks gluster only if all pods are ready, and for volumes
// only if all hosts reach their peers, since the answers could not be trusted otherwise.
func (r *Rollout) look(ctx context.Context) (seen sight, missing []string, err error) {
	f, err := r.fleet(ctx)
	if err != nil {
		return sight{}, nil, err
	}
	if missing := f.problems(); len(missing) > 0 {
		return sight{}, missing, nil
	}
	seen.hosts = r.askHosts(ctx, f.pods)
	if missing := seen.missing(); len(missing) > 0 {
		return seen, missing, nil
	}
	if seen.volumes, err = r.askVolumes(ctx, f.pods); err != nil {
		return seen, nil, err
	}
	return seen, seen.missing(), nil
}

func (r *Rollout) askHosts(ctx context.Context, pods []*v1.Pod) []host {
	hosts := make([]host, len(pods))
	var asks errgroup.Group
	asks.SetLimit(asksAtATime)
	for i, pod := range pods {
		asks.Go(func() error {
			hosts[i].node = pod.Spec.NodeName
			hosts[i].pool, hosts[i].err = ask(ctx, r, pod, glusterxml.ReadPool, "pool", "list")
			return nil
		})
	}
	_ = asks.Wait() // what failed is in the hosts
	return hosts
}

// askVolumes asks each host for the volumes that it knows, since not all need to be of one pool, and one of those that
// know a volume for how it is.
func (r *Rollout) askVolumes(ctx context.Context, pods []*v1.Pod) ([]volume, error) {
	var volumes []volume
	var askWhom []*v1.Pod
	known := map[string]bool{}
	for _, pod := range pods {
		all, err := ask(ctx, r, pod, glusterxml.ReadVolumes, "volume", "info", "all")
		if err != nil {
			return nil, err
		}
		for _, one := range all {
			if key := one.Name + " " + one.Bricks[0].Name; one.Started && !known[key] {
				known[key] = true
				volumes, askWhom = append(volumes, volume{Volume: one}), append(askWhom, pod)
			}
		}
	}
	var asks errgroup.Group
	asks.SetLimit(asksAtATime)
	for i := range volumes {
		asks.Go(func() error {
			volumes[i].err = r.askVolume(ctx, askWhom[i], &volumes[i])
			return nil
		})
	}
	_ = asks.Wait() // what failed is in the volumes
	return volumes, ctx.Err()
}

// askVolume asks for clients only where other bricks stand in for one: gluster fails if a brick on another host has
// none, as long as nobody has mounted the volume. Where there are replicas, the daemons that heal are clients.
func (r *Rollout) askVolume(ctx context.Context, pod *v1.Pod, of *volume) (err error) {
	if !of.Heals() {
		of.served, err = ask(ctx, r, pod, glusterxml.ReadServed, "volume", "status", of.Name)
		return err
	}
	if of.served, err = ask(ctx, r, pod, glusterxml.ReadServed, "volume", "status", of.Name, "clients"); err != nil {
		return err
	}
	of.healing, err = ask(ctx, r, pod, glusterxml.ReadHealing, "volume", "heal", of.Name, "info", "summary")
	return err
}

// ask runs gluster in a pod, and reads what it prints.
func ask[T any](ctx context.Context, r *Rollout, pod *v1.Pod, read func([]byte) (T, error), words ...string) (told T, err error) {
	ctx, cancel := context.WithTimeout(ctx, askBound)
	defer cancel()
	printed, err := r.Run(ctx, pod, append(append([]string{"gluster", "--mode=script"}, words...), "--xml"))
	// With --xml, gluster also prints why it fails, and then ends with a status.
	if err != nil && len(printed) == 0 {
		return told, err
	}
	return read(printed)
}
