package rollout

import (
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"

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
	// served are its bricks, as far as gluster told of them.
	served []glusterxml.ServedBrick
	// lists are how many entries bricks list as to be healed, or as just written, as far as bricks told.
	lists []int
	// asked says that it was asked for by itself. Then healing is what it has to heal, and err why gluster does not tell of its
	// bricks or of that.
	asked   bool
	healing []glusterxml.Healing
	err     error
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
	called := "volume " + v.Name
	if !v.asked {
		if v.seemsWhole() {
			return nil
		}
		return []string{called + " does not show to be whole, and will be asked for by itself"}
	}
	if v.err != nil {
		return []string{fmt.Sprintf("of %s is not told how it is: %v", called, v.err)}
	}
	if problems := v.brickProblems(); len(problems) > 0 {
		return problems
	}
	for _, brick := range v.Bricks {
		if v.Heals() && !slices.ContainsFunc(v.healing, func(told glusterxml.Healing) bool { return told.Brick == brick.Name }) {
			return []string{fmt.Sprintf("%s: brick %s does not tell what it has to heal", called, brick.Name)}
		}
	}
	pending, splitBrain := 0, 0
	for _, healing := range v.healing {
		if !healing.Connected {
			return []string{fmt.Sprintf("%s: brick %s does not tell what it has to heal", called, healing.Brick)}
		}
		// Each good brick tells of the same entries.
		pending, splitBrain = max(pending, healing.Pending), max(splitBrain, healing.SplitBrain)
	}
	var missing []string
	if pending > 0 {
		missing = append(missing, fmt.Sprintf("%s has entries to heal: %d", called, pending))
	}
	if splitBrain > 0 {
		missing = append(missing, fmt.Sprintf("%s has entries in split-brain, which gluster cannot heal: %d; see gluster volume heal %s info split-brain", called, splitBrain, v.Name))
	}
	return missing
}

// seemsWhole says whether what was told of all volumes at once shows that this one is whole.
func (v volume) seemsWhole() bool {
	if len(v.brickProblems()) > 0 {
		return false
	}
	return !v.Heals() || len(v.lists) == len(v.Bricks) && slices.Max(v.lists) == 0
}

// brickProblems says which bricks are not served, or not to all clients.
func (v volume) brickProblems() []string {
	var problems []string
	served := map[string]glusterxml.ServedBrick{}
	most := 0
	for _, brick := range v.served {
		served[brick.Name] = brick
		most = max(most, brick.Clients)
	}
	for _, brick := range v.Bricks {
		switch now := served[brick.Name]; {
		case !now.Online:
			problems = append(problems, fmt.Sprintf("volume %s: brick %s is not online", v.Name, brick.Name))
		// A client of a volume connects to all of its bricks. One that does not reach this one yet would have too few with the next.
		case now.Clients < most:
			problems = append(problems, fmt.Sprintf("volume %s: of %d clients, %d are connected to brick %s", v.Name, most, now.Clients, brick.Name))
		}
	}
	return problems
}
