package glustercli

import (
	"fmt"
	"slices"
	"strings"

	"glusterfs-provisioner/provisioner/glusterxml"
)

// Health is how a volume is by gluster's word.
type Health struct {
	Started bool
	// Sets are the bricks that have the same files, or pieces of them.
	Sets [][]Brick
}

// Brick is how a brick is.
type Brick struct {
	// Name is HOST:PATH.
	Name   string
	Online bool
	// Clients is how many are connected to it. Each client of a volume connects to all bricks.
	Clients int
	// Told says that the brick tells what is to be healed; it has none to tell in a set of its own. Pending are entries that
	// gluster is to heal, and SplitBrain those that it cannot.
	Told                bool
	Pending, SplitBrain int
}

// HealthOf brings together what gluster tells of a started volume. Of a brick that is away, it tells no name.
func HealthOf(volume glusterxml.Volume, served []glusterxml.ServedBrick, healing []glusterxml.Healing) Health {
	health := Health{Started: true}
	for _, set := range volume.Sets() {
		var bricks []Brick
		for _, brick := range set {
			one := Brick{Name: brick.Name}
			for _, served := range served {
				if served.Name == brick.Name {
					one.Online, one.Clients = served.Online, served.Clients
				}
			}
			for _, told := range healing {
				if told.Brick == brick.Name && told.Connected {
					one.Told, one.Pending, one.SplitBrain = true, told.Pending, told.SplitBrain
				}
			}
			bricks = append(bricks, one)
		}
		health.Sets = append(health.Sets, bricks)
	}
	return health
}

// IsWhole says whether all copies of all files are there and served.
func (h Health) IsWhole() bool { return len(h.Missing("", nil)) == 0 }

// Missing says what keeps a volume of that name from being whole, but for the bricks that are lost, by their names; it is empty if nothing does.
func (h Health) Missing(volume string, lost map[string]bool) []string {
	if !h.Started {
		return []string{fmt.Sprintf("volume %s is stopped; start it: gluster volume start %s", volume, volume)}
	}
	if unserved := h.Unserved(volume, lost); len(unserved) > 0 {
		return unserved
	}
	var missing []string
	pending := 0
	for _, set := range h.Sets {
		count, wrong := unhealed(volume, set, lost)
		if wrong != "" {
			missing = append(missing, "volume "+volume+": "+wrong)
		}
		pending = max(pending, count)
	}
	if pending > 0 {
		missing = append(missing, fmt.Sprintf("volume %s has entries to heal: %d", volume, pending))
	}
	return missing
}

// Unserved says which bricks of a started volume are not served, or not to all clients, but for those that are lost. A client that does not reach
// a brick yet would have too few of its set with the next one.
func (h Health) Unserved(volume string, lost map[string]bool) []string {
	most := 0
	for _, brick := range slices.Concat(h.Sets...) {
		most = max(most, brick.Clients)
	}
	var problems []string
	for _, brick := range slices.Concat(h.Sets...) {
		switch {
		case lost[brick.Name]:
		case !brick.Online:
			problems = append(problems, fmt.Sprintf("volume %s: brick %s is not online", volume, brick.Name))
		case brick.Clients < most:
			problems = append(problems, fmt.Sprintf("volume %s: of %d clients, %d are connected to brick %s", volume, most, brick.Clients, brick.Name))
		}
	}
	return problems
}

// unhealed says what is wrong with a set of bricks that are served, and how many entries have to heal in it. Each good brick tells of the same
// entries.
func unhealed(volume string, set []Brick, lost map[string]bool) (pending int, wrong string) {
	var told []Brick
	for _, brick := range set {
		switch {
		case lost[brick.Name]:
			continue
		case len(set) > 1 && !brick.Told:
			return 0, fmt.Sprintf("brick %s does not tell what it has to heal", brick.Name)
		case brick.SplitBrain > 0:
			wrong = fmt.Sprintf("brick %s has entries in split-brain, which gluster cannot heal: %d; see gluster volume heal %s info split-brain", brick.Name, brick.SplitBrain, volume)
		}
		told = append(told, brick)
		pending = max(pending, brick.Pending)
	}
	if len(told) == len(set) || wrong != "" {
		return pending, wrong
	}
	// What the lost ones lack, all others tell alike. Where one tells more, another lacks what it has.
	for _, brick := range told {
		if brick.Pending != pending {
			return 0, fmt.Sprintf("beside the lost brick %s, the others have not healed: they tell of %s entries", lostIn(set, lost), countsOf(told))
		}
	}
	if len(told) == 0 {
		return 0, "all bricks with the same files are lost: " + lostIn(set, lost)
	}
	return 0, ""
}

func lostIn(set []Brick, lost map[string]bool) string {
	var names []string
	for _, brick := range set {
		if lost[brick.Name] {
			names = append(names, brick.Name)
		}
	}
	return strings.Join(names, ", ")
}

func countsOf(bricks []Brick) string {
	var counts []string
	for _, brick := range bricks {
		counts = append(counts, fmt.Sprintf("%d (%s)", brick.Pending, brick.Name))
	}
	return strings.Join(counts, ", ")
}
