package gluster

import (
	"fmt"
	"slices"
)

// Uncounted returns the bricks, as HOST:PATH, that gluster has in a volume and heketi does not count
// as that volume's, each once. A volume that no host tells of, or that heketi does not know, has none.
//
// heketi reads its database before it asks gluster. So a brick that is added in between seems to be
// uncounted: only one that the next look shows as well is. CheckWhole compares two looks.
func (s *State) Uncounted(volume string) []string {
	entry, known := s.Database.Volumes[volume]
	if !known {
		return nil
	}
	own := map[string]bool{}
	for id, brick := range s.Database.Bricks {
		// heketi will soon count what it is adding or replacing now.
		underWay := brick.Pending.ID != "" && !s.Database.Operations[brick.Pending.ID].Interrupted()
		if underWay || brick.Pending.ID == "" && slices.Contains(entry.Bricks, id) {
			own[brick.Info.Path] = true
		}
	}
	var uncounted []string
	hosts, _ := s.hostsOf(entry.Info.Cluster)
	for _, host := range hosts {
		inGluster, _ := host.volume(entry.Info.Name)
		for _, brick := range inGluster.Bricks {
			if name := brick.Host + ":" + brick.Path; !own[brick.Path] && !slices.Contains(uncounted, name) {
				uncounted = append(uncounted, name)
			}
		}
	}
	return uncounted
}

// CheckWhole returns nil if no brick of a volume is uncounted in two looks, of which the second
// began after the first had ended. Otherwise the volume is not what heketi's database says of it,
// and the error wraps ErrHalfDone.
func CheckWhole(first, second *State, volume string) error {
	before := first.Uncounted(volume)
	lasting := slices.DeleteFunc(second.Uncounted(volume), func(brick string) bool { return !slices.Contains(before, brick) })
	if len(lasting) == 0 {
		return nil
	}
	return fmt.Errorf("%w: gluster's volume has %d bricks that heketi does not count, such as %s", ErrHalfDone, len(lasting), lasting[0])
}
