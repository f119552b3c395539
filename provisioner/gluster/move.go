package gluster

import (
	"fmt"
	"slices"
	"strings"
)

// moved is a brick that an operation replaces by another one.
type moved struct {
	volume   VolumeEntry
	from, to BrickEntry
}

// checkMove returns nil if heketi may be asked to clean up an operation that moves bricks, of a device or one alone. heketi then asks
// one host of gluster which of both bricks the volume has, and destroys the other one. So every host has to tell the same. Only the host
// of the brick that moves may be silent: that is why it moves, and others would have told if it had taken part.
func (s *State) checkMove(operation PendingEntry) error {
	move, begun, err := s.Database.moved(operation)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	if !begun {
		return nil
	}
	hosts, silent := s.hostsOf(move.volume.Info.Cluster)
	from := s.Database.Nodes[move.from.Info.Node].Name()
	if silent = slices.DeleteFunc(silent, func(name string) bool { return name == from }); len(silent) > 0 {
		return fmt.Errorf("%w: storage host %s does not answer heketi", ErrUnsure, strings.Join(silent, ", "))
	}
	told := map[bool]string{}
	for _, host := range hosts {
		if !host.Answered() {
			continue
		}
		volume, known := host.volume(move.volume.Info.Name)
		if !known {
			return fmt.Errorf("%w: the glusterd of storage host %s does not know the volume", ErrUnsure, host.Name)
		}
		hasOld, hasNew := volume.has(move.from.Info.Path), volume.has(move.to.Info.Path)
		if hasOld == hasNew {
			return fmt.Errorf("%w: storage host %s tells of the volume %s that it has both the brick that moves and the one that takes its place, or none of them", ErrUnsure, host.Name, volume.Name)
		}
		told[hasNew] = host.Name
	}
	if len(told) != 1 {
		return fmt.Errorf("%w: storage hosts do not agree which brick the volume %s has: %s", ErrUnsure, move.volume.Info.Name, strings.Join([]string{told[true], told[false]}, ", "))
	}
	return nil
}

// moved is what an operation moves; not begun if heketi has not chosen yet where to.
func (d Database) moved(operation PendingEntry) (move moved, begun bool, err error) {
	if children := operation.ids(performChild); operation.Type == RemoveDevice && len(children) > 0 {
		child, known := d.Operations[children[0]]
		if !known {
			return moved{}, false, fmt.Errorf("heketi's database has operation %s, but not the operation %s that is part of it", operation.ID, children[0])
		}
		operation = child
	}
	from, to := operation.ids(DeleteBrick), operation.ids(AddBrick)
	if len(to) == 0 {
		return moved{}, false, nil
	}
	if len(from) != 1 || len(to) != 1 {
		return moved{}, false, fmt.Errorf("operation %s moves %d bricks to %d", operation.ID, len(from), len(to))
	}
	oldBrick, knowsOld := d.Bricks[from[0]]
	newBrick, knowsNew := d.Bricks[to[0]]
	if !knowsOld || !knowsNew {
		return moved{}, false, fmt.Errorf("heketi's database has operation %s, but not its bricks", operation.ID)
	}
	volume, known := d.Volumes[oldBrick.Info.Volume]
	if !known {
		return moved{}, false, fmt.Errorf("heketi's database has operation %s, but not its volume %s", operation.ID, oldBrick.Info.Volume)
	}
	return moved{volume, oldBrick, newBrick}, true, nil
}
