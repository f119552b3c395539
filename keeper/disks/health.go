package disks

import (
	"fmt"
	"slices"
	"strings"
)

// Health is how a volume is by gluster's word.
type Health struct {
	Started bool
	// Sets are the bricks that have the same files, or pieces of them.
	Sets [][]BrickHealth
}

// BrickHealth is how a brick is.
type BrickHealth struct {
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

// IsWhole says whether all copies of all files are there and served.
func (h Health) IsWhole() bool { return h.missing("", nil) == "" }

// missing says what keeps a volume from being whole, but for the bricks that are lost; it is empty if nothing does.
func (h Health) missing(volume string, lost map[string]bool) string {
	if !h.Started {
		return fmt.Sprintf("volume %s is stopped; start it: gluster volume start %s", volume, volume)
	}
	pending, most := 0, 0
	for _, brick := range slices.Concat(h.Sets...) {
		most = max(most, brick.Clients)
	}
	for _, set := range h.Sets {
		one, wrong := missingIn(set, lost, most)
		if wrong != "" {
			return "volume " + volume + ": " + wrong
		}
		pending = max(pending, one)
	}
	if pending > 0 {
		return fmt.Sprintf("volume %s has %d entries to heal", volume, pending)
	}
	return ""
}

// missingIn says what is wrong with a set, or how many entries have to heal in it. A client that does not reach a brick yet would have too few
// of the set with the next one.
func missingIn(set []BrickHealth, lost map[string]bool, clients int) (pending int, wrong string) {
	var told []BrickHealth
	for _, brick := range set {
		switch {
		case lost[brick.Name]:
			continue
		case !brick.Online:
			return 0, fmt.Sprintf("brick %s is not online", brick.Name)
		case brick.Clients < clients:
			return 0, fmt.Sprintf("of %d clients, %d are connected to brick %s", clients, brick.Clients, brick.Name)
		case len(set) > 1 && !brick.Told:
			return 0, fmt.Sprintf("brick %s does not tell what it has to heal", brick.Name)
		case brick.SplitBrain > 0:
			return 0, fmt.Sprintf("brick %s has %d entries in split-brain, which gluster cannot heal", brick.Name, brick.SplitBrain)
		}
		told = append(told, brick)
		pending = max(pending, brick.Pending)
	}
	if len(told) == len(set) {
		return pending, ""
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

func lostIn(set []BrickHealth, lost map[string]bool) string {
	var names []string
	for _, brick := range set {
		if lost[brick.Name] {
			names = append(names, brick.Name)
		}
	}
	return strings.Join(names, ", ")
}

func countsOf(bricks []BrickHealth) string {
	var counts []string
	for _, brick := range bricks {
		counts = append(counts, fmt.Sprintf("%d (%s)", brick.Pending, brick.Name))
	}
	return strings.Join(counts, ", ")
}
