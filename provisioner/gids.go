package provisioner

import (
	"sync"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/volume"
)

// gidHolders keeps the allocator true to the PersistentVolumes that exist.
//
// The GID of a deleted volume is given back when heketi has confirmed the
// deletion and the PersistentVolume is gone as well, so once only: a deletion
// may be repeated after the former, when its GID could be somebody else's. The
// GID of a PersistentVolume that was removed without its volume, such as a
// retained one, stays taken until the next start, because the volume lives on.
type gidHolders struct {
	gids *gid.Allocator

	mu sync.Mutex
	// held maps the PersistentVolumes that the API server has saved to the
	// GID that each holds; 0 if none.
	held map[string]uint32
	// deleted are the PersistentVolumes whose volume is gone from heketi; true
	// for those whose finalizer is removed as well.
	deleted map[types.UID]bool
}

func newGIDHolders(gids *gid.Allocator) *gidHolders {
	return &gidHolders{gids: gids, held: map[string]uint32{}, deleted: map[types.UID]bool{}}
}

// seen notes a PersistentVolume that the API server has saved.
func (h *gidHolders) seen(pv *v1.PersistentVolume) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, known := h.held[pv.Name]; known {
		return
	}
	held, ok := volume.GIDOf(pv)
	h.held[pv.Name] = held
	if ok && held != 0 {
		h.gids.Hold(volume.ClaimOf(pv), held)
	}
}

// gone notes a PersistentVolume that no longer exists.
func (h *gidHolders) gone(pv *v1.PersistentVolume) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := h.held[pv.Name]
	delete(h.held, pv.Name)
	if _, confirmed := h.deleted[pv.UID]; confirmed {
		delete(h.deleted, pv.UID)
		if held != 0 {
			h.gids.Release(held)
		}
	}
}

// saved says whether the API server has the PersistentVolume.
func (h *gidHolders) saved(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, known := h.held[name]
	return known
}

// confirmDeleted notes that a PersistentVolume's volume is gone from heketi.
func (h *gidHolders) confirmDeleted(pv types.UID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.deleted[pv] = false
}

// isDeleted says whether confirmDeleted was called.
func (h *gidHolders) isDeleted(pv types.UID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, ok := h.deleted[pv]
	return ok
}

// letGo notes that nothing is left to do about a deleted PersistentVolume.
func (h *gidHolders) letGo(pv types.UID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, deleted := h.deleted[pv]; deleted {
		h.deleted[pv] = true
	}
}

// isLetGo says whether letGo was called.
func (h *gidHolders) isLetGo(pv types.UID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.deleted[pv]
}
