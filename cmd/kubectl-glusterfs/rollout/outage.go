package rollout

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/glusterxml"
)

// outages are the names of the volumes that stop, wholly or for writing, while one of these hosts of the pool is away.
func (s sight) outages(hosts []string) []string {
	var stop []string
	for _, volume := range s.volumes {
		if slices.ContainsFunc(hosts, func(host string) bool { return stops(volume.Volume, host) || volume.losesServerQuorum(host) }) {
			stop = append(stop, volume.Name)
		}
	}
	return stop
}

// losesServerQuorum says whether glusterd stops all bricks of the volume while a host of its pool is away, be there bricks on it or not
// (glusterd-server-quorum.c).
func (v volume) losesServerQuorum(host string) bool {
	if v.Options["cluster.server-quorum-type"] != "server" {
		return false
	}
	if host != v.host.pool.ID && !slices.ContainsFunc(v.host.pool.Peers, func(peer glusterxml.Peer) bool { return peer.ID == host }) {
		return false
	}
	hosts := len(v.host.pool.Peers) + 1
	needed := hosts/2 + 1
	if percent, err := strconv.ParseFloat(strings.TrimSuffix(v.Options["cluster.server-quorum-ratio"], "%"), 64); err == nil {
		needed = int(math.Ceil(float64(hosts) * percent / 100))
	}
	return hosts-1 < needed
}

// stops says whether a volume stops without a host's bricks.
func stops(v glusterxml.Volume, host string) bool {
	return slices.ContainsFunc(v.Sets(), func(set []glusterxml.Brick) bool {
		left := 0
		for _, brick := range set {
			if brick.Host != host {
				left++
			}
		}
		firstLeft := set[0].Host != host
		return left < len(set) && !suffices(v, left, firstLeft)
	})
}

// suffices says whether so many bricks of a set do, by the rules of gluster's cluster.quorum-type (AFR's client quorum). firstLeft says that the
// first one is among them, which counts where it is half of the bricks.
func suffices(v glusterxml.Volume, left int, firstLeft bool) bool {
	if v.Redundancy > 0 {
		toWrite, _ := strconv.Atoi(v.Options["disperse.quorum-count"]) // 0, which is its default, asks for no more
		return left >= max(v.SetSize-v.Redundancy, toWrite)
	}
	quorum := v.Options["cluster.quorum-type"]
	if quorum == "" && v.SetSize > 2 {
		quorum = "auto" // gluster's default, save for two replicas
	}
	switch quorum {
	case "auto":
		return 2*left > v.SetSize || 2*left == v.SetSize && firstLeft
	case "fixed":
		count, err := strconv.Atoi(v.Options["cluster.quorum-count"])
		return err == nil && left >= count && left > 0
	}
	return left > 0
}
