package gid

import "fmt"

// Range is the GIDs that a class allows, both ends included.
type Range struct {
	Min, Max uint32
}

// String returns "min-max".
func (r Range) String() string { return fmt.Sprintf("%d-%d", r.Min, r.Max) }

// Size is how many GIDs there are in the range.
func (r Range) Size() uint64 { return uint64(r.Max) - uint64(r.Min) + 1 }

func (r Range) contains(gid uint32) bool { return r.Min <= gid && gid <= r.Max }

// FullError says that every GID of a range is held.
type FullError struct {
	Range Range
	// Held is how many GIDs of the range are held: all of them.
	Held uint64
}

// Error names the range and how many of it are held.
func (e *FullError) Error() string {
	return fmt.Sprintf("no GID is free in %s: all %d are held", e.Range, e.Held)
}

// HeldError says that a GID cannot be reserved because something else holds it.
type HeldError struct {
	GID uint32
}

// Error names the GID.
func (e *HeldError) Error() string {
	return fmt.Sprintf("GID %d is held by another volume", e.GID)
}
