package making

import (
	"fmt"
	"time"

	"glusterfs-provisioner/provisioner/journal"
)

// State is how far a volume in the making is.
type State int

const (
	// Begun says that the journal has its entry. heketi may have been asked for it.
	Begun State = iota + 1
	// HandedOver says that it is made, and that the library saves its PersistentVolume,
	// which it tries until it succeeds.
	HandedOver
	// Saved says that a PersistentVolume was seen that mounts it. All that the entry
	// says is there, too.
	Saved
)

func (s State) String() string {
	switch s {
	case Begun:
		return "begun"
	case HandedOver:
		return "handed over"
	case Saved:
		return "saved"
	}
	return "unknown"
}

// record is what is known of one volume in the making.
type record struct {
	entry journal.Entry
	// written says that the journal has the entry just so.
	written bool
	state   State
	// mayArriveUntil is when no request for the volume can reach heketi any more. One
	// that was given up may wait in the buffers of a server that hangs. Until then
	// heketi's word that it has no such volume does not mean that there will be none,
	// and a volume that is deleted can be made anew.
	mayArriveUntil time.Time
	// resumed is when this process took the record over from another that may have asked
	// heketi for the volume; zero once this one may have, too.
	resumed time.Time
	// since is when it was begun, or taken over from another process.
	since time.Time
	// waits is since when the claim is due, once the PersistentVolume is handed over.
	waits time.Time
	// id is the volume's id in heketi, once heketi has told it.
	id string
}

// late returns a *MayArriveError as long as a request may reach heketi.
func (r record) late() error {
	if left := time.Until(r.mayArriveUntil); left > 0 {
		return &MayArriveError{left}
	}
	return nil
}

// MayArriveError says for how much longer a request to make a volume may reach heketi.
type MayArriveError struct{ Left time.Duration }

func (e *MayArriveError) Error() string {
	return fmt.Sprintf("a request to make it, which heketi did not answer, may still reach heketi for another %v", e.Left.Round(time.Second))
}

// After returns when it makes sense to look again.
func (e *MayArriveError) After() time.Duration { return e.Left }
