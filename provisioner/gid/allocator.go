package gid

import (
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/volume"
)

// Allocator hands out GIDs. It is safe for concurrent use.
type Allocator struct {
	mu sync.Mutex
	// free has a bit for every GID that is neither reserved nor held. It is not a
	// bitmap of the taken ones, because the search for the next value that is missing
	// gives wrong answers (roaring v2.30).
	free *roaring.Bitmap
	// taken counts the others.
	taken uint64
	// reserved maps a claim to the GID of the volume being made for it.
	reserved map[types.UID]uint32
	// alsoHeld counts the holders of a GID beyond the first. Only
	// PersistentVolumes made elsewhere can bring a GID twice.
	alsoHeld map[uint32]int
}

// NewAllocator returns an allocator in which every GID is free.
func NewAllocator() *Allocator {
	free := roaring.New()
	free.AddRange(1, volume.HighestGID+1)
	return &Allocator{
		free:     free,
		reserved: map[types.UID]uint32{},
		alsoHeld: map[uint32]int{},
	}
}

// Acquire reserves the lowest free GID of the range for a claim. A claim that
// has a reservation keeps it, even if its class's range has changed since: its
// volume may exist with that GID already. It returns a *FullError when the
// range has no free GID.
func (a *Allocator) Acquire(claim types.UID, within Range) (uint32, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if gid, ok := a.reserved[claim]; ok {
		return gid, nil
	}
	next := a.free.NextValue(within.Min)
	if next < 0 || !within.contains(uint32(next)) {
		return 0, &FullError{Range: within, Held: within.Size()}
	}
	gid := uint32(next)
	a.take(gid)
	a.reserved[claim] = gid
	return gid, nil
}

// Reserve reserves a given GID for a claim, in place of any that it had
// reserved before. It returns a *HeldError, and changes nothing, when something
// else holds that GID.
func (a *Allocator) Reserve(claim types.UID, gid uint32) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	before, had := a.reserved[claim]
	if had && before == gid {
		return nil
	}
	if !a.take(gid) {
		return &HeldError{GID: gid}
	}
	if had {
		a.giveBack(before)
	}
	a.reserved[claim] = gid
	return nil
}

// Cancel gives a claim's reserved GID back, if it has one.
func (a *Allocator) Cancel(claim types.UID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if gid, ok := a.reserved[claim]; ok {
		delete(a.reserved, claim)
		a.giveBack(gid)
	}
}

// Hold records that a PersistentVolume, made for the given claim, carries the GID. If the
// claim has that GID reserved, its reservation becomes the hold. Call it once for each
// PersistentVolume.
func (a *Allocator) Hold(claim types.UID, gid uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if reserved, ok := a.reserved[claim]; ok && reserved == gid {
		delete(a.reserved, claim)
		return
	}
	if !a.take(gid) {
		a.alsoHeld[gid]++
	}
}

// Release takes one hold of a GID away. The GID is free once its last holder
// is gone. Call it once for each Hold, when the volume is certain to be gone.
func (a *Allocator) Release(gid uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.giveBack(gid)
}

// Taken returns how many GIDs are held or reserved.
func (a *Allocator) Taken() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.taken
}

// FreeIn returns how many GIDs of a range are free.
func (a *Allocator) FreeIn(within Range) uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.free.CardinalityInRange(uint64(within.Min), uint64(within.Max)+1)
}

// take takes a GID, unless it is taken already.
func (a *Allocator) take(gid uint32) bool {
	if !a.free.CheckedRemove(gid) {
		return false
	}
	a.taken++
	return true
}

// giveBack takes one holder of a GID away, and frees it after the last.
func (a *Allocator) giveBack(gid uint32) {
	switch a.alsoHeld[gid] {
	case 0:
		if gid <= volume.HighestGID && a.free.CheckedAdd(gid) {
			a.taken--
		}
	case 1:
		delete(a.alsoHeld, gid)
	default:
		a.alsoHeld[gid]--
	}
}
