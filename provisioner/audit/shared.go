package audit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// located is a volume and the heketi that has it.
type located struct {
	Volume
	heketi string
}

// sharedGIDs finds the volumes, of whatever name, that have the GID of another. A pod that
// may use the one may then read and write the other. So a GID is to be one volume's alone,
// over all heketis.
func sharedGIDs(inventories []Inventory, holders Holders) []Finding {
	byGID := map[uint32][]located{}
	for _, inventory := range inventories {
		for _, v := range inventory.Volumes {
			if v.GID != 0 && !v.Pending {
				byGID[v.GID] = append(byGID[v.GID], located{v, inventory.Heketi})
			}
		}
	}
	var found []Finding
	for _, volumes := range byGID {
		// heketi makes ids at random. So the same id is the same volume, of a heketi that
		// has two URLs.
		distinct := map[string]located{}
		for _, v := range volumes {
			if known, ok := distinct[v.ID]; !ok || v.heketi < known.heketi {
				distinct[v.ID] = v
			}
		}
		if len(distinct) < 2 {
			continue
		}
		inOrder := slices.SortedFunc(maps.Values(distinct), func(a, b located) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
		})
		for _, v := range volumes {
			found = append(found, findingOf(SharedGID, v.heketi, v.Volume, holders.Of(v.ID, v.Name),
				fmt.Sprintf("GID %d is also that of %s", v.GID, v.others(inOrder))))
		}
	}
	return found
}

// others names the other volumes of the same GID, or the first of many.
func (v located) others(all []located) string {
	const most = 3
	var names []string
	for _, other := range all {
		if other.ID == v.ID {
			continue
		}
		if len(names) == most {
			names = append(names, fmt.Sprintf("%d more", len(all)-1-most))
			break
		}
		name := fmt.Sprintf("%s (id %s)", other.Name, other.ID)
		if other.heketi != v.heketi {
			name = fmt.Sprintf("%s (id %s, in %s)", other.Name, other.ID, other.heketi)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
