package gluster

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Why heketi must not be asked to clean an operation up, for errors.Is.
var (
	// ErrHalfDone: gluster has what heketi would take away.
	ErrHalfDone = errors.New("half done")
	// ErrUnsure: what gluster has is not known.
	ErrUnsure = errors.New("what gluster has of it is not known")
)

// CheckUndo returns nil if heketi may be asked to clean up an operation that it was
// interrupted in. Then every storage host of the cluster has answered, and none of the
// operation's bricks is in a volume of gluster. heketi may also be asked if it does not
// have the operation any more, because then it cleans nothing up.
//
// With volumeMayGo, gluster may have a volume that the operation makes or deletes, if that
// has no other bricks. heketi has gluster delete the volume before it destroys any brick.
// It is for a volume that no PersistentVolume was written for, and for one whose deletion
// was asked for.
//
// A brick that was moving is taken back or taken over, as gluster has it, if its storage hosts agree on that.
//
// An error wraps ErrHalfDone or ErrUnsure.
func (s *State) CheckUndo(operation string, volumeMayGo bool) error {
	pending, known := s.Database.Operations[operation]
	if !known {
		return nil
	}
	if pending.Type == RemoveDevice || pending.Type == EvictBrick {
		return s.checkMove(pending)
	}
	volume, bricks, err := s.Database.Changed(pending)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsure, err)
	}
	hosts, silent := s.hostsOf(volume.Info.Cluster)
	inGluster := s.bricksInGluster(hosts, bricks)
	removable := volumeMayGo && pending.Type != ExpandVolume
	for _, found := range inGluster {
		if !removable || found.volume.Name != volume.Info.Name || !onlyHas(found.volume, bricks) {
			return fmt.Errorf("%w: volume %s of gluster has %d of its %d bricks", ErrHalfDone, found.volume.Name, found.count, len(bricks))
		}
	}
	switch {
	case len(silent) > 0:
		return fmt.Errorf("%w: storage host %s does not answer heketi", ErrUnsure, strings.Join(silent, ", "))
	case len(hosts) == 0:
		return fmt.Errorf("%w: the volume's cluster %s has no storage hosts", ErrUnsure, volume.Info.Cluster)
	case pending.Type == ExpandVolume:
		return checkKnown(hosts, volume)
	}
	return nil
}

// VolumeOf returns the id of the volume that an operation is about. It is empty if heketi
// has no such operation, or if that is about no volume.
func (s *State) VolumeOf(operation string) string {
	volume, _, err := s.Database.Changed(s.Database.Operations[operation])
	if err != nil {
		return ""
	}
	return volume.Info.ID
}

// Unlisted returns how many bricks of an operation gluster has that their hosts' fstab has
// lost. heketi takes them out when it begins to undo the operation. Only then does it find
// that they are in use.
func (s *State) Unlisted(operation string) int {
	volume, bricks, err := s.Database.Changed(s.Database.Operations[operation])
	if err != nil {
		return 0
	}
	hosts, _ := s.hostsOf(volume.Info.Cluster)
	count := 0
	for _, host := range hosts {
		for _, brick := range bricks {
			inGluster := slices.ContainsFunc(hosts, func(h Host) bool {
				return slices.ContainsFunc(h.Volumes, func(v Volume) bool { return v.has(brick.Info.Path) })
			})
			if inGluster {
				count += len(host.MissingMounts([]BrickEntry{brick}))
			}
		}
	}
	return count
}

// checkKnown checks that every host knows a volume that certainly exists. A host that does
// not know it has not told all.
func checkKnown(hosts []Host, volume VolumeEntry) error {
	for _, host := range hosts {
		if _, known := host.volume(volume.Info.Name); !known {
			return fmt.Errorf("%w: the glusterd of storage host %s does not know the volume", ErrUnsure, host.Name)
		}
	}
	return nil
}

// inVolume is how many of some bricks a volume of gluster has.
type inVolume struct {
	volume Volume
	count  int
}

// bricksInGluster returns the volumes, each as each host tells it, that have some of the
// bricks.
func (s *State) bricksInGluster(hosts []Host, bricks []BrickEntry) []inVolume {
	var found []inVolume
	for _, host := range hosts {
		for _, volume := range host.Volumes {
			count := 0
			for _, brick := range bricks {
				if volume.has(brick.Info.Path) {
					count++
				}
			}
			if count > 0 {
				found = append(found, inVolume{volume, count})
			}
		}
	}
	return found
}

// onlyHas says whether a volume has no other bricks than these.
func onlyHas(volume Volume, bricks []BrickEntry) bool {
	return !slices.ContainsFunc(volume.Bricks, func(b Brick) bool {
		return !slices.ContainsFunc(bricks, func(known BrickEntry) bool { return known.Info.Path == b.Path })
	})
}
