package gluster

import (
	"cmp"
	"slices"
)

// Kind is what heketi and gluster disagree on.
type Kind string

const (
	// HalfDone is a volume with bricks of an operation that heketi was interrupted in.
	HalfDone Kind = "half-done"
	// UnknownBrick is a volume of heketi with bricks that heketi does not have.
	UnknownBrick Kind = "unknown-brick"
	// MissingBrick is a volume that lacks bricks that heketi has in it.
	MissingBrick Kind = "missing-brick"
	// OnlyInHeketi is a volume that gluster does not have.
	OnlyInHeketi Kind = "only-in-heketi"
	// OnlyInGluster is a volume on heketi's bricks that heketi does not have.
	OnlyInGluster Kind = "only-in-gluster"
	// Unlisted is a brick that is not in its host's fstab.
	Unlisted Kind = "no-fstab-line"
	// Unmounted is a brick that is not mounted.
	Unmounted Kind = "not-mounted"
	// Stopped is a volume that is not started.
	Stopped Kind = "stopped"
	// HidesFiles is a volume in which gluster may not find files by their names.
	HidesFiles Kind = "hides-files"
	// StrayLV is a logical volume or pool on heketi's devices that no brick accounts for.
	StrayLV Kind = "stray-lv"
	// SilentHost is a storage host that did not tell all. What it did not tell counts
	// neither way.
	SilentHost Kind = "silent-host"
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{HalfDone, UnknownBrick, MissingBrick, OnlyInHeketi, OnlyInGluster, Unlisted, Unmounted, Stopped, HidesFiles, StrayLV, SilentHost}
}

// Difference is one thing that heketi and gluster disagree on, or that keeps a volume from
// running as it should.
type Difference struct {
	Kind Kind
	// Volume is the volume's name, ID is heketi's id of it. Both are empty where it is
	// about no volume, ID also where heketi does not have the volume.
	Volume, ID string
	// Cluster is heketi's id, Host the name of the storage host. Host is empty where it is
	// about the whole volume.
	Cluster, Host string
	// Detail says what is wrong and what to do.
	Detail string
}

// Compare returns all differences, always in the same order. What heketi is working on is
// left out.
//
// heketi reads its database a moment before it asks the hosts, so what is made in between
// looks like a difference. Lasting tells those apart.
func (s *State) Compare() []Difference {
	var found []Difference
	for id := range s.Database.Clusters {
		c := s.comparisonOf(id)
		c.compare()
		found = append(found, c.found...)
	}
	slices.SortFunc(found, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(slices.Index(Kinds(), a.Kind), slices.Index(Kinds(), b.Kind)),
			cmp.Compare(a.Volume, b.Volume), cmp.Compare(a.Host, b.Host), cmp.Compare(a.Detail, b.Detail))
	})
	return found
}

// Lasting returns the differences of a second comparison that the first had, too.
func Lasting(first, second []Difference) []Difference {
	return slices.DeleteFunc(slices.Clone(second), func(d Difference) bool {
		return d.Kind != SilentHost && !slices.Contains(first, d)
	})
}
