package gid

import (
	"sync"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/volume"
)

// Holders keep an allocator true to the volumes that exist.
//
// The GID of a deleted volume is given back once: when heketi has confirmed the
// deletion and the PersistentVolume is gone, too. Until then a deletion may be
// repeated, which must not give back a GID that is another volume's by now. The GID of
// a PersistentVolume that was removed without its volume, such as a retained one, stays
// taken until the next start, or until another PersistentVolume mounts the volume, whose
// GID it is then. After a start, audits find the volume, see Audited.
type Holders struct {
	gids *Allocator

	mu sync.Mutex
	// held maps the names of the PersistentVolumes that the API server has saved to the
	// GID that each holds.
	held map[string]heldGID
	// deleted are the PersistentVolumes whose volume is gone from heketi; true
	// for those whose finalizer is removed as well.
	deleted map[types.UID]bool
	// strays are the volumes that the last audits found without a PersistentVolume, by
	// their id.
	strays map[string]Stray
	// left are the GIDs that are held for volumes whose PersistentVolume was removed
	// without them.
	left map[leftVolume]bool
}

// leftVolume is a volume that nothing mounts, and its GID.
type leftVolume struct {
	name string
	gid  uint32
}

// heldGID is the GID that a PersistentVolume holds; 0 if it holds none. A PersistentVolume
// that is made anew under the same name has another UID.
type heldGID struct {
	by  types.UID
	gid uint32
	// volume is the name that gluster has for the volume; empty if it mounts none.
	volume string
}

// Stray is a volume with a GID that no PersistentVolume accounts for.
type Stray struct {
	// Heketi is the URL of the heketi that has it, ID its id there.
	Heketi, ID string
	GID        uint32
}

// NewHolders returns holders for an allocator in which nothing is taken yet.
func NewHolders(gids *Allocator) *Holders {
	return &Holders{gids: gids, held: map[string]heldGID{}, deleted: map[types.UID]bool{}, strays: map[string]Stray{}, left: map[leftVolume]bool{}}
}

// Seen notes a PersistentVolume that the API server has saved.
func (h *Holders) Seen(pv *v1.PersistentVolume) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before, known := h.held[pv.Name]
	if known && before.by == pv.UID {
		return
	}
	if known {
		h.drop(pv.Name, before)
	}
	held := heldBy(pv)
	h.held[pv.Name] = held
	if held.gid == 0 || h.takeLeft(held) {
		return
	}
	h.gids.Hold(volume.ClaimOf(pv), held.gid)
}

// heldBy returns what a PersistentVolume holds.
func heldBy(pv *v1.PersistentVolume) heldGID {
	gid, _ := volume.GIDOf(pv)
	return heldGID{pv.UID, gid, volume.NameIn(volume.PathOf(pv))}
}

// takeLeft says whether the GID of a PersistentVolume's volume was held since an earlier
// PersistentVolume of it was removed. Then it is the later one's.
func (h *Holders) takeLeft(held heldGID) bool {
	of := leftVolume{held.volume, held.gid}
	found := h.left[of]
	delete(h.left, of)
	return found
}

// Expect holds the GID of a PersistentVolume that does not exist for a while, until one
// of that name is seen. It does nothing if there is one.
func (h *Holders) Expect(pv *v1.PersistentVolume) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := heldBy(pv)
	of := leftVolume{held.volume, held.gid}
	if _, known := h.held[pv.Name]; known || held.gid == 0 || h.left[of] {
		return
	}
	h.left[of] = true
	h.gids.Hold("", held.gid)
}

// Gone notes a PersistentVolume that no longer exists.
func (h *Holders) Gone(pv *v1.PersistentVolume) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if held, known := h.held[pv.Name]; known && held.by == pv.UID {
		h.drop(pv.Name, held)
	}
}

// drop gives back what a PersistentVolume held, if its volume is gone, too. If not, its
// GID is left to the next one that mounts the volume.
func (h *Holders) drop(name string, held heldGID) {
	delete(h.held, name)
	_, confirmed := h.deleted[held.by]
	delete(h.deleted, held.by)
	switch {
	case held.gid == 0:
	case confirmed:
		h.gids.Release(held.gid)
	case held.volume != "":
		of := leftVolume{held.volume, held.gid}
		if h.left[of] { // two of one volume were removed, and one hold is enough
			h.gids.Release(held.gid)
		}
		h.left[of] = true
	}
}

// Audited holds the GIDs of the volumes that an audit found without a PersistentVolume.
// It gives back those that the audit did not find any more, unless their heketi could not
// be asked.
func (h *Holders) Audited(strays []Stray, asked func(heketi string) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.strays
	h.strays = map[string]Stray{}
	for _, stray := range strays {
		if _, again := h.strays[stray.ID]; again {
			continue // its heketi is known by two URLs
		}
		if known, held := before[stray.ID]; !held || known.GID != stray.GID {
			h.gids.Hold("", stray.GID)
		} else {
			delete(before, stray.ID)
		}
		h.strays[stray.ID] = stray
	}
	for id, stray := range before {
		if _, found := h.strays[id]; found || asked(stray.Heketi) {
			h.gids.Release(stray.GID)
			continue
		}
		h.strays[id] = stray
	}
}

// ConfirmDeleted notes that a PersistentVolume's volume is gone from heketi.
func (h *Holders) ConfirmDeleted(pv types.UID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deleted[pv] = false
}

// IsDeleted says whether ConfirmDeleted was called.
func (h *Holders) IsDeleted(pv types.UID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.deleted[pv]
	return ok
}

// LetGo notes that nothing is left to do about a deleted PersistentVolume.
func (h *Holders) LetGo(pv types.UID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, deleted := h.deleted[pv]; deleted {
		h.deleted[pv] = true
	}
}

// IsLetGo says whether LetGo was called.
func (h *Holders) IsLetGo(pv types.UID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.deleted[pv]
}
