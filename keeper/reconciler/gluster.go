package reconciler

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/glusterpods"
	"glusterfs-provisioner/provisioner/glustercli"
)

// askFor is how long gluster is asked during one look at an object. What it has not told by then, it tells at the next ones.
const askFor = time.Minute

// errLater is that gluster was asked for long enough for now.
var errLater = errors.New("others were asked for, and it comes next")

// word is gluster's, told in the pod of a node.
type word struct {
	ctx   context.Context
	run   glusterpods.Run
	pod   disks.Pod
	pods  map[string]disks.Pod
	until time.Time
	// whole is when volumes of the object were seen whole.
	whole map[string]time.Time
}

// wordOf returns what asks gluster about an object; nil if no pod of a listed node is ready that stays.
func (r *Reconciler) wordOf(ctx context.Context, state *glustercluster.Object, pods map[string]disks.Pod) disks.Gluster {
	pod, is := askable(state, pods)
	if !is {
		return nil
	}
	if r.whole[state.Name] == nil {
		r.whole[state.Name] = map[string]time.Time{}
	}
	return &word{ctx: ctx, run: r.config.Run, pod: pod, pods: pods, until: time.Now().Add(askFor), whole: r.whole[state.Name]}
}

// askable is the pod that is asked: one of a node that is not drained, if there is one; false if none can be asked.
func askable(state *glustercluster.Object, pods map[string]disks.Pod) (pod disks.Pod, is bool) {
	drains := map[string]int{}
	for _, node := range state.Spec.Nodes {
		if pods[node.Name].Ready && !node.Lost {
			drains[node.Name] = 0
			if node.Drain {
				drains[node.Name] = 1
			}
		}
	}
	names := slices.SortedFunc(maps.Keys(drains), func(a, b string) int { return cmp.Or(drains[a]-drains[b], cmp.Compare(a, b)) })
	if len(names) == 0 {
		return disks.Pod{}, false
	}
	return pods[names[0]], true
}

// Health asks for a volume, unless it was seen whole since then.
func (w *word) Health(volume string, since time.Time) (glustercli.Health, error) {
	if seen, is := w.whole[volume]; is && !seen.Before(since) {
		return glustercli.Health{Started: true}, nil
	}
	asked := time.Now()
	if asked.After(w.until) {
		return glustercli.Health{}, errLater
	}
	health, err := glusterpods.Health(w.ctx, w.run, w.pod, volume)
	if err == nil && health.IsWhole() {
		w.whole[volume] = asked
	} else {
		delete(w.whole, volume)
	}
	return health, err
}

// HasPeer asks for the pool.
func (w *word) HasPeer(address string) (bool, error) {
	return glusterpods.HasPeer(w.ctx, w.run, w.pod, address)
}

// Peers asks the pod of a node.
func (w *word) Peers(node string) (int, error) { return glusterpods.Peers(w.ctx, w.run, w.pods[node]) }

// detach has gluster take a lost host out of its pool.
func (r *Reconciler) detach(ctx context.Context, state *glustercluster.Object, address string) error {
	pods, err := r.pods(ctx)
	if err != nil {
		return err
	}
	pod, is := askable(state, pods)
	if !is {
		return errors.New("no GlusterFS pod is ready that could take it out of the pool")
	}
	return glusterpods.Detach(ctx, r.config.Run, pod, address)
}
