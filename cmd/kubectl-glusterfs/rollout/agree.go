package rollout

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/glustercli"
	"glusterfs-provisioner/provisioner/glusterxml"
)

// dropScript takes the option out of what glusterd has written down, and has glusterd started anew, which reads it then; bricks go on.
// Glusterd itself sets the option again when it is told to reset it.
const dropScript = `set -e
sed -i '/^` + droppedOption + `$/d' /var/lib/glusterd/vols/*/info
sync /var/lib/glusterd/vols/*/info
killall glusterd
`

// agreePace is how long a host is given to agree with the others after its glusterd was started anew. It takes seconds.
const agreePace = 30 * time.Second

// behind is a host that does not agree with another one on volumes, or would not after the next start of either, and why. That comes with
// another version of GlusterFS.
type behind struct {
	host
	says string
}

// behind finds the hosts that have an option written down that others have dropped, and those that reject each other though they have
// written down the same: they met before one of them had. Hosts whose volumes differ in more are not among them: glusterd
// takes over what is newer, or a person has to choose.
func (s sight) behind() []behind {
	var found []behind
	for _, one := range s.hosts {
		for _, other := range s.hosts {
			if says := one.differsFrom(other); says != "" {
				found = append(found, behind{one, says})
				break
			}
		}
	}
	return found
}

// differsFrom says why this host is to drop the option to agree with another one; it is empty if it is not.
func (h host) differsFrom(other host) string {
	node, others := h.pod.Spec.NodeName, other.pod.Spec.NodeName
	same := len(h.written) > 0
	for _, name := range slices.Sorted(maps.Keys(h.written)) {
		here, there := h.written[name], other.written[name]
		switch {
		case there.rest == "": // It does not know of the volume yet.
		case here.rest == there.rest && here.hasOption && !there.hasOption:
			return fmt.Sprintf("GlusterFS on node %s has the option %s of volume %s, which the newer one on node %s has dropped", node, droppedOption, name, others)
		case here != there:
			same = false
		}
	}
	if same && (h.rejects(other) || other.rejects(h)) {
		return fmt.Sprintf("GlusterFS on node %s and on node %s reject each other, and have the same volumes", node, others)
	}
	return ""
}

// rejects says whether a host does not agree with another one on volumes.
func (h host) rejects(other host) bool {
	return slices.ContainsFunc(h.pool.Peers, func(peer glusterxml.Peer) bool { return peer.ID == other.pool.ID && peer.Rejected() })
}

// agreement has hosts agree.
type agreement struct {
	*Rollout
	// asked is when a host was last asked to, by its ID in the pool.
	asked map[string]time.Time
}

// seek has one of the hosts drop the option, so that never more than one is without glusterd.
func (a agreement) seek(ctx context.Context, found []behind) error {
	for _, one := range found {
		if last, is := a.asked[one.pool.ID]; is && time.Since(last) < agreePace {
			continue
		}
		a.asked[one.pool.ID] = time.Now()
		a.tell("%s. Starts glusterd on node %s anew, without the option %s of any volume; bricks go on", one.says, one.pod.Spec.NodeName, droppedOption)
		return a.drop(ctx, one.pod)
	}
	return nil
}

func (r *Rollout) drop(ctx context.Context, pod *v1.Pod) error {
	ctx, cancel := context.WithTimeout(ctx, glustercli.Bound)
	defer cancel()
	if _, err := r.Run(ctx, pod, []string{"sh", "-c", dropScript}); err != nil {
		return fmt.Errorf("GlusterFS on node %s cannot drop the option of its volumes: %w", pod.Spec.NodeName, err)
	}
	return nil
}
