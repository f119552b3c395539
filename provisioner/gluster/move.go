package gluster

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// moved is a brick that an operation replaces by another one.
type moved struct {
	volume   VolumeEntry
	from, to BrickEntry
}

// checkMove returns nil if heketi may be asked to clean up an operation that moves bricks, of a device or one alone.
//
// If heketi's database says where a brick goes, heketi asks one host of gluster which of both bricks the volume has, and destroys the
// other one. So every host has to tell the same. If the database does not say it, heketi does nothing but forget the operation. That is
// right only while gluster has all bricks where the database has them: the database may be older than the move.
//
// Only the host of a brick that moves may be silent: that is why it moves, and others would have told if it had taken part.
func (s *State) checkMove(operation PendingEntry) error {
	move, chosen, err := s.Database.moved(operation)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	if !chosen {
		return s.checkUnmoved(s.Database.movable(operation))
	}
	hosts, err := s.tellOf(move.volume, move.from)
	if err != nil {
		return err
	}
	told := map[bool]string{}
	for _, host := range hosts {
		volume, _ := host.volume(move.volume.Info.Name)
		hasOld, hasNew := volume.has(move.from.Info.Path), volume.has(move.to.Info.Path)
		if hasOld == hasNew {
			return fmt.Errorf("%w: storage host %s tells of the volume %s that it has both the brick that moves and the one that takes its place, or none of them", ErrUnsure, host.Name, volume.Name)
		}
		told[hasNew] = host.Name
	}
	if len(told) != 1 {
		return fmt.Errorf("%w: storage hosts do not agree which brick the volume %s has: %s", ErrUnsure, move.volume.Info.Name, strings.Join([]string{told[true], told[false]}, ", "))
	}
	others := slices.DeleteFunc(s.Database.movable(operation), func(b BrickEntry) bool {
		return b.Info.ID == move.from.Info.ID || b.Info.ID == move.to.Info.ID
	})
	return s.checkUnmoved(others)
}

// checkUnmoved returns nil if gluster has all those bricks where heketi's database has them.
func (s *State) checkUnmoved(bricks []BrickEntry) error {
	for _, brick := range bricks {
		volume, known := s.Database.Volumes[brick.Info.Volume]
		if !known {
			return fmt.Errorf("%w: heketi's database has brick %s, but not its volume %s", ErrUnsure, brick.Info.ID, brick.Info.Volume)
		}
		hosts, err := s.tellOf(volume, brick)
		if err != nil {
			return err
		}
		for _, host := range hosts {
			if told, _ := host.volume(volume.Info.Name); !told.has(brick.Info.Path) {
				return fmt.Errorf("%w: heketi's database is older than a move that gluster has made; make it again, as docs/rebuilding.md says: "+
					"by storage host %s, volume %s does not have the brick %s any more", ErrUnsure, host.Name, volume.Info.Name, brick.Info.Path)
			}
		}
	}
	return nil
}

// tellOf returns the hosts that tell of a volume. All do, or only that of the brick is silent.
func (s *State) tellOf(volume VolumeEntry, brick BrickEntry) ([]Host, error) {
	hosts, silent := s.hostsOf(volume.Info.Cluster)
	own := s.Database.Nodes[brick.Info.Node].Name()
	if silent = slices.DeleteFunc(silent, func(name string) bool { return name == own }); len(silent) > 0 {
		return nil, fmt.Errorf("%w: storage host %s does not answer heketi", ErrUnsure, strings.Join(silent, ", "))
	}
	hosts = slices.DeleteFunc(slices.Clone(hosts), func(h Host) bool { return !h.Answered() })
	if len(hosts) == 0 {
		return nil, fmt.Errorf("%w: no storage host of cluster %s answers heketi", ErrUnsure, volume.Info.Cluster)
	}
	return hosts, checkKnown(hosts, volume)
}

// movable are the bricks that an operation may have moved: one, or all of a device, which it moves one after another. Those that
// other operations make or delete are not.
func (d Database) movable(operation PendingEntry) []BrickEntry {
	devices, ids := operation.ids(removeDevice), operation.ids(DeleteBrick)
	for _, child := range operation.ids(performChild) {
		ids = append(ids, d.Operations[child].ids(DeleteBrick)...)
	}
	var bricks []BrickEntry
	for _, id := range slices.Sorted(maps.Keys(d.Bricks)) {
		brick := d.Bricks[id]
		if slices.Contains(ids, id) || slices.Contains(devices, brick.Info.Device) && brick.Pending.ID == "" {
			bricks = append(bricks, brick)
		}
	}
	return bricks
}

// moved is what an operation moves; not chosen if the database does not say where to.
func (d Database) moved(operation PendingEntry) (move moved, chosen bool, err error) {
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
