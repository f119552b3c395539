package rollout

import (
	"context"

	"golang.org/x/sync/errgroup"
	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/glustercli"
	"glusterfs-provisioner/provisioner/glusterxml"
)

// asksAtATime is how many commands of gluster run at a time.
const asksAtATime = 4

// look looks once at all of it, and says what is missing, or returns a StoppedError if waiting would not mend it. It asks gluster only if all pods are ready, and for volumes
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
	if seen.volumes, err = r.askVolumes(ctx, seen.hosts); err != nil {
		return seen, nil, err
	}
	return seen, seen.missing(), seen.neverHeals()
}

func (r *Rollout) askHosts(ctx context.Context, pods []*v1.Pod) []host {
	hosts := make([]host, len(pods))
	var asks errgroup.Group
	asks.SetLimit(asksAtATime)
	for i, pod := range pods {
		asks.Go(func() error {
			hosts[i].pod = pod
			if hosts[i].pool, hosts[i].err = glustercli.Ask(ctx, r.in(pod), glusterxml.ReadPool, "pool", "list"); hosts[i].err == nil {
				hosts[i].written, hosts[i].err = r.askDefinitions(ctx, pod)
			}
			return nil
		})
	}
	_ = asks.Wait() // what failed is in the hosts
	return hosts
}

// in runs commands in a pod.
func (r *Rollout) in(pod *v1.Pod) glustercli.Run {
	return func(ctx context.Context, words []string) ([]byte, error) { return r.Run(ctx, pod, words) }
}
