package rollout

import (
	"fmt"

	"glusterfs-provisioner/provisioner/glusterxml"
)

// sight is what hosts tell of themselves and of volumes. What they do not tell is missing in it.
type sight struct {
	hosts   []host
	volumes []volume
}

// host is the GlusterFS of a pod.
type host struct {
	node string
	pool glusterxml.Pool
	// err is why it does not tell; nil if it does.
	err error
}

// volume is a started volume.
type volume struct {
	glusterxml.Volume
	// served are its bricks. err is why gluster does not tell of them or of its healing; nil if it does.
	served  []glusterxml.ServedBrick
	healing []glusterxml.Healing
	err     error
}

// missing says what keeps hosts and volumes from being whole; it is empty if nothing does.
func (s sight) missing() []string {
	var missing []string
	for _, host := range s.hosts {
		missing = append(missing, host.missing()...)
	}
	for _, volume := range s.volumes {
		missing = append(missing, volume.missing()...)
	}
	return missing
}

func (h host) missing() []string {
	if h.err != nil {
		return []string{fmt.Sprintf("GlusterFS on node %s does not tell its peers: %v", h.node, h.err)}
	}
	var missing []string
	for _, peer := range h.pool.Peers {
		if problem := peer.Problem(); problem != "" {
			missing = append(missing, fmt.Sprintf("peer %s %s for node %s", peer.Hostname, problem, h.node))
		}
	}
	return missing
}

func (v volume) missing() []string {
	called := "volume " + v.Name
	if v.err != nil {
		return []string{fmt.Sprintf("of %s is not told how it is: %v", called, v.err)}
	}
	if problems := v.brickProblems(); len(problems) > 0 {
		return problems
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
