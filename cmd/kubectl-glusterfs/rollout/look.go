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
			if hosts[i].pool, hosts[i].err = ask(ctx, r, pod, glusterxml.ReadPool, "pool", "list"); hosts[i].err == nil {
				hosts[i].written, hosts[i].err = r.askDefinitions(ctx, pod)
			}
			return nil
		})
	}
	_ = asks.Wait() // what failed is in the hosts
	return hosts
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
