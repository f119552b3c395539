package making

import (
	"context"
	"reflect"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/util/workqueue"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/provisioner/work"
)

// Journal keeps the entries outside of the process.
type Journal interface {
	Write(ctx context.Context, entry journal.Entry) error
	Remove(ctx context.Context, claim types.UID) error
	Find(ctx context.Context, claim types.UID) (entry journal.Entry, there bool, err error)
	Removal(claim types.UID) string
	Reference(claim types.UID) *v1.ObjectReference
}

// GIDs accounts for the GIDs that are reserved for claims.
type GIDs interface {
	Reserve(claim types.UID, gid uint32) error
	Cancel(claim types.UID)
}

// Events tells users what is wrong.
type Events interface {
	Eventf(about runtime.Object, eventType, reason, format string, args ...any)
}

// Dependencies is what Volumes work with. All fields are required.
type Dependencies struct {
	Journal Journal
	GIDs    GIDs
	// Client is asked for claims and PersistentVolumes before anything is deleted.
	Client kubernetes.Interface
	// Claims and PersistentVolumes are the caches of both.
	Claims            corelisters.PersistentVolumeClaimLister
	PersistentVolumes corelisters.PersistentVolumeLister
	// Lock keeps all others from the claim of that UID, until unlock is called. It
	// returns an error if another works on it.
	Lock func(types.UID) (unlock func(), err error)
	// DeleteVolume deletes in heketi what exists of an entry's volume, and
	// RemoveEndpoints the Service and Endpoints that are the volume's own.
	DeleteVolume    func(context.Context, journal.Entry) error
	RemoveEndpoints func(context.Context, journal.Entry) error
	// Lateness bounds for how long after it was given up a request may reach heketi.
	Lateness time.Duration
	// PerHeketi is how many volumes of one heketi are undone at a time.
	PerHeketi int
	// Saved is told of each PersistentVolume that this process has made and the API server
	// has saved: its class, and for how long its claim has waited.
	Saved func(class string, waited time.Duration)
	// Events tells of volumes that cannot be undone.
	Events Events
}

// Volumes are the volumes in the making. They are safe for concurrent use.
type Volumes struct {
	Dependencies
	// reviews are the claims whose records are to be looked at, undoings those whose
	// volume nobody waits for. Undoing waits for heketi, so it has a queue to itself.
	reviews, undoings workqueue.RateLimitingInterface
	turns             *work.Turns

	mu      sync.Mutex
	records map[types.UID]*record
}

// New returns none in the making. Resume brings those of the last leader.
func New(dependencies Dependencies) *Volumes {
	queue := func(name string) workqueue.RateLimitingInterface {
		return workqueue.NewNamedRateLimitingQueue(workqueue.NewItemExponentialFailureRateLimiter(time.Second, 5*time.Minute), name)
	}
	v := &Volumes{
		Dependencies: dependencies,
		reviews:      queue("volumes_in_the_making"),
		undoings:     queue("volumes_to_undo"),
		records:      map[types.UID]*record{},
	}
	v.turns = work.NewTurns(v.PerHeketi, func(claim string) bool {
		v.undoings.Add(types.UID(claim))
		return true
	})
	return v
}

// Resume takes over an entry that the last leader left open, and keeps its GID
// reserved. An error says that another holds the GID; the entry is open all the same.
func (v *Volumes) Resume(entry journal.Entry) (err error) {
	// The last leader's request may not have arrived yet.
	now := time.Now()
	v.put(&record{entry: entry, written: true, state: Begun, since: now, mayArriveUntil: now.Add(v.Lateness), resumed: now})
	if !v.isSaved(entry) {
		err = v.GIDs.Reserve(entry.ClaimUID, entry.GID)
	}
	v.Review(entry.ClaimUID)
	return err
}

// Begin notes in the journal what is about to be made, in place of what it had for the
// claim, and has the record Begun. When it returns nil the entry is written. After an
// error it may be, and the record is there all the same. The claim has to be locked.
func (v *Volumes) Begin(ctx context.Context, entry journal.Entry) error {
	before, open := v.get(entry.ClaimUID)
	if open && before.written && reflect.DeepEqual(before.entry, entry) {
		return nil
	}
	now := &record{entry: entry, state: Begun, since: before.since, mayArriveUntil: before.mayArriveUntil, resumed: before.resumed, id: before.id}
	if !open {
		now.since = time.Now()
	}
	v.put(now)
	if err := v.Journal.Write(ctx, entry); err != nil {
		return err
	}
	v.change(entry.ClaimUID, func(r *record) { r.written = true })
	return nil
}

// GivenUp notes that a request to make the claim's volume was given up just now. It may
// reach heketi yet.
func (v *Volumes) GivenUp(claim types.UID) {
	v.change(claim, func(r *record) { r.mayArriveUntil = time.Now().Add(v.Lateness) })
}

// MayArrive returns a *MayArriveError as long as a request to make the claim's volume
// may reach heketi.
func (v *Volumes) MayArrive(claim types.UID) error {
	found, _ := v.get(claim)
	return found.late()
}

// TakeResumed returns when the record was taken over from another process, for the first
// request to heketi of this one; after that a zero time.
func (v *Volumes) TakeResumed(claim types.UID) (resumed time.Time) {
	v.change(claim, func(r *record) { resumed, r.resumed = r.resumed, time.Time{} })
	return resumed
}

// NoteID notes the id that the claim's volume has in heketi.
func (v *Volumes) NoteID(claim types.UID, id string) {
	v.change(claim, func(r *record) { r.id = id })
}

// ID returns the id that the claim's volume has in heketi; empty if heketi has not told it.
func (v *Volumes) ID(claim types.UID) string {
	found, _ := v.get(claim)
	return found.id
}

// HandOver notes that the library is given the PersistentVolume to save, for which the
// claim has waited since then. The claim has to be locked.
func (v *Volumes) HandOver(claim types.UID, waits time.Time) {
	v.change(claim, func(r *record) {
		if r.state == Begun {
			r.state, r.waits = HandedOver, waits
		}
	})
}

// SawPersistentVolume notes that a PersistentVolume is saved. If it mounts a volume in
// the making, that is Saved. If it has only the name of the one that is to come, it is
// another's, and what was begun is undone.
func (v *Volumes) SawPersistentVolume(pv *v1.PersistentVolume) {
	claim := volume.ClaimOf(pv)
	saved := func() {}
	v.change(claim, func(r *record) {
		switch {
		case r.entry.PersistentVolume != pv.Name:
		case mounts(pv, r.entry):
			if r.state == HandedOver {
				class, waited := r.entry.Class, max(0, time.Since(r.waits))
				saved = func() { v.Saved(class, waited) }
			}
			r.state = Saved
		case r.state == HandedOver:
			r.state = Begun
		}
	})
	saved()
	v.Review(claim)
}

// Find returns the entry of a claim, if its volume is in the making.
func (v *Volumes) Find(claim types.UID) (journal.Entry, bool) {
	found, open := v.get(claim)
	return found.entry, open
}

// Makes says whether a PersistentVolume is that of a volume in the making.
func (v *Volumes) Makes(pv *v1.PersistentVolume) bool {
	found, open := v.get(volume.ClaimOf(pv))
	return open && mounts(pv, found.entry)
}

// IsMade says whether a claim's PersistentVolume is saved, or the library's to save, so
// that nothing is left to make.
func (v *Volumes) IsMade(claim types.UID) bool {
	found, open := v.get(claim)
	return open && found.state != Begun
}

// get returns a copy of a claim's record, and whether there is one.
func (v *Volumes) get(claim types.UID) (record, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r, open := v.records[claim]; open {
		return *r, true
	}
	return record{}, false
}

func (v *Volumes) put(r *record) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.records[r.entry.ClaimUID] = r
}

// change changes a claim's record, if there is one.
func (v *Volumes) change(claim types.UID, how func(*record)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if r, open := v.records[claim]; open {
		how(r)
	}
}

// End is how every record ends: its entry, the reservation of its GID, unless a
// PersistentVolume holds it by now, and the record itself go. Call it only when no
// volume exists, none may come to exist, or a PersistentVolume mounts it. After an error
// the record is there, and its entry may be or not.
func (v *Volumes) End(ctx context.Context, claim types.UID) error {
	if _, open := v.get(claim); !open {
		return nil
	}
	if err := v.Journal.Remove(ctx, claim); err != nil {
		v.change(claim, func(r *record) { r.written = false })
		return err
	}
	v.GIDs.Cancel(claim)
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.records, claim)
	return nil
}
