package rollout

import (
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/glustercli"
	"glusterfs-provisioner/provisioner/glusterxml"
)

// sight is what hosts tell of themselves and of volumes. What they do not tell is missing in it.
type sight struct {
	hosts   []host
	volumes []volume
}

// host is the GlusterFS of a pod.
type host struct {
	pod  *v1.Pod
	pool glusterxml.Pool
	// written is what its glusterd has written down of volumes, by their names.
	written map[string]definition
	// err is why it does not tell; nil if it does.
	err error
}

// volume is a started volume.
type volume struct {
	glusterxml.Volume
	// host is one of its pool, which tells of it.
	host host
	// health is how it is, as far as gluster told.
	health glustercli.Health
	// lists are how many entries bricks list as to be healed, or as just written, as far as bricks told.
	lists []int
	// asked says that it was asked for by itself. Then err is why gluster does not tell of its bricks, or of what they have to heal.
	asked bool
	err   error
}

// missing says what keeps hosts and volumes from being whole; it is empty if nothing does.
func (s sight) missing() []string {
	var missing []string
	for _, host := range s.hosts {
		missing = append(missing, host.missing()...)
	}
	for _, behind := range s.behind() {
		missing = append(missing, behind.says)
	}
	for _, volume := range s.volumes {
		missing = append(missing, volume.missing()...)
	}
	return missing
}

// neverHeals returns a StoppedError if there are volumes that would not heal what a brick misses while its host is away. It is nil if
// there are none.
func (s sight) neverHeals() error {
	var off []string
	for _, volume := range s.volumes {
		if option := volume.HealingOff(); option != "" {
			off = append(off, fmt.Sprintf("gluster volume set %s %s on", volume.Name, option))
		}
	}
	if len(off) == 0 {
		return nil
	}
	return stopped("these volumes have their self-heal daemon off. What a brick of them misses while its host is away would never be healed. To do: in a GlusterFS pod, %s", inWords(off))
}

// onePerPool are the first hosts of each pool. All hosts have to tell their peers.
func onePerPool(hosts []host) []host {
	var first []host
	seen := map[string]bool{}
	for _, host := range hosts {
		if seen[host.pool.ID] {
			continue
		}
		first = append(first, host)
		for _, peer := range host.pool.Peers {
			seen[peer.ID] = true
		}
	}
	return first
}

func (h host) missing() []string {
	if h.err != nil {
		return []string{fmt.Sprintf("GlusterFS on node %s does not tell its peers and volumes: %v", h.pod.Spec.NodeName, h.err)}
	}
	var missing []string
	for _, peer := range h.pool.Peers {
		if problem := peer.Problem(); problem != "" {
			missing = append(missing, fmt.Sprintf("peer %s %s for node %s", peer.Hostname, problem, h.pod.Spec.NodeName))
		}
	}
	return missing
}

func (v volume) missing() []string {
	switch {
	case !v.asked && v.seemsWhole():
		return nil
	case !v.asked:
		return []string{fmt.Sprintf("volume %s does not show to be whole, and will be asked for by itself", v.Name)}
	case v.err != nil:
		return []string{fmt.Sprintf("of volume %s is not told how it is: %v", v.Name, v.err)}
	}
	return v.health.Missing(v.Name, nil)
}

// seemsWhole says whether what was told of all volumes at once shows that this one is whole.
func (v volume) seemsWhole() bool {
	if len(v.health.Unserved(v.Name, nil)) > 0 {
		return false
	}
	return !v.Heals() || len(v.lists) == len(v.Bricks) && slices.Max(v.lists) == 0
}
