package rollout

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/glustercli"
	"glusterfs-provisioner/provisioner/glusterxml"
)

// askVolumes tells of all started volumes. A command for each would take minutes with a thousand. So it is asked for all at once, and
// by itself only for those that do not show to be whole that way.
func (r *Rollout) askVolumes(ctx context.Context, hosts []host) ([]volume, error) {
	volumes, err := r.startedVolumes(ctx, hosts)
	if err != nil {
		return nil, err
	}
	r.askBricks(ctx, hosts, volumes)
	// In this order: a client that was away when it was asked for may write to some bricks, and be back.
	r.askLists(ctx, hosts, volumes)
	r.askDoubtful(ctx, volumes)
	return volumes, ctx.Err()
}

// startedVolumes asks each host for the volumes that it knows, since not all need to be of one pool.
func (r *Rollout) startedVolumes(ctx context.Context, hosts []host) ([]volume, error) {
	var volumes []volume
	known := map[string]bool{}
	for _, host := range hosts {
		all, err := glustercli.Ask(ctx, r.in(host.pod), glusterxml.ReadVolumes, "volume", "info", "all")
		if err != nil {
			return nil, err
		}
		for _, one := range all {
			if key := one.Name + " " + one.Bricks[0].Name; one.Started && !known[key] {
				known[key] = true
				volumes = append(volumes, volume{Volume: one, host: host})
			}
		}
	}
	return volumes, nil
}

// askBricks asks one host of each pool for the bricks of all volumes, and for their clients. It leaves out those of which gluster does
// not tell then, be it that another command has a lock.
func (r *Rollout) askBricks(ctx context.Context, hosts []host, volumes []volume) {
	served, clients := map[string]glusterxml.ServedBrick{}, map[string]int{}
	for _, host := range onePerPool(hosts) {
		// What fails here is told when it is asked for again, volume by volume.
		bricks, _ := glustercli.Ask(ctx, r.in(host.pod), glusterxml.ReadServed, "volume", "status", "all")
		for _, brick := range bricks {
			served[brick.Name] = brick
		}
		connected, _ := r.askClients(ctx, host.pod)
		for _, brick := range connected {
			clients[brick.Brick] = len(brick.Clients)
		}
	}
	for i := range volumes {
		v := &volumes[i]
		var bricks []glusterxml.ServedBrick
		for _, brick := range v.Bricks {
			told, is := served[brick.Name]
			count, counted := clients[brick.Name]
			// Clients matter only where other bricks stand in for one.
			if v.Heals() {
				told.Clients, is = count, is && counted
			}
			if is {
				bricks = append(bricks, told)
			}
		}
		v.health = glustercli.HealthOf(v.Volume, bricks, nil)
	}
}

// askClients asks for the clients of all bricks of a pod's pool.
func (r *Rollout) askClients(ctx context.Context, pod *v1.Pod) ([]glusterxml.BrickClients, error) {
	ctx, cancel := context.WithTimeout(ctx, glustercli.Bound)
	defer cancel()
	printed, err := r.Run(ctx, pod, []string{"gluster", "--mode=script", "volume", "status", "all", "clients"})
	if err != nil {
		return nil, err
	}
	return glusterxml.ReadClients(printed)
}

// askLists asks each host what its bricks list as to be healed. What they do not tell stays unknown.
func (r *Rollout) askLists(ctx context.Context, hosts []host, volumes []volume) {
	lists := make([]map[string]int, len(hosts))
	var asks errgroup.Group
	asks.SetLimit(asksAtATime)
	for i, host := range hosts {
		asks.Go(func() error {
			lists[i], _ = r.askIndices(ctx, host.pod)
			return nil
		})
	}
	_ = asks.Wait() // none fails
	of := map[string]map[string]int{}
	for i, host := range hosts {
		of[host.pool.ID] = lists[i]
	}
	for i := range volumes {
		v := &volumes[i]
		for _, brick := range v.Bricks {
			if count, told := of[brick.Host][brick.Path()]; told {
				v.lists = append(v.lists, count)
			}
		}
	}
}

// askDoubtful asks for each volume that may not be whole by itself, in their order, until so many are found not to be that no more are
// named.
func (r *Rollout) askDoubtful(ctx context.Context, volumes []volume) {
	var found atomic.Int32
	var asks errgroup.Group
	asks.SetLimit(asksAtATime)
	for i := range volumes {
		v := &volumes[i]
		if v.seemsWhole() {
			continue
		}
		// Not within the goroutine: a later one may run first, and the volumes that are named are the first ones.
		if found.Load() >= named {
			break
		}
		asks.Go(func() error {
			v.asked = true
			v.health, v.err = glustercli.AskHealth(ctx, r.in(v.host.pod), v.Volume)
			if len(v.missing()) > 0 {
				found.Add(1)
			}
			return nil
		})
	}
	_ = asks.Wait() // what failed is in the volumes
}
