package rollout

import (
	"slices"
	"strconv"

	"glusterfs-provisioner/provisioner/glusterxml"
)

// outages are the names of the volumes that stop, wholly or for writing, while one of these hosts of the pool is away.
func (s sight) outages(hosts []string) []string {
	var stop []string
	for _, volume := range s.volumes {
		if slices.ContainsFunc(hosts, func(host string) bool { return stops(volume.Volume, host) }) {
			stop = append(stop, volume.Name)
		}
	}
	return stop
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
		return left >= v.SetSize-v.Redundancy
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
