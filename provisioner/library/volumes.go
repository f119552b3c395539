package library

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
)

// NewSavedVolumes returns an informer of PersistentVolumes for the library, whose cache
// the library cannot change.
//
//   - What the library adds is dropped, so that the cache has only what the API server
//     has saved. The library adds its own copy of a PersistentVolume once that is
//     saved. If Kubernetes has released the PersistentVolume by then, since its claim
//     is gone, the copy would hide that, and the PersistentVolume would never be
//     deleted. ShouldProvision does what the copy is for: it keeps a claim from being
//     provisioned again before its PersistentVolume is seen.
//   - What the library reads is a copy. The library changes the finalizers of what it
//     has read before it asks the API server to. If that failed, the cache would show
//     the change all the same, and the library would see nothing left to do.
func NewSavedVolumes(informer cache.SharedIndexInformer) *SavedVolumes {
	return &SavedVolumes{SharedIndexInformer: informer}
}

// SavedVolumes is an informer of PersistentVolumes for the library.
type SavedVolumes struct {
	cache.SharedIndexInformer
	listeners
}

// AddEventHandlerWithResyncPeriod adds a handler. It is the only way in which the library
// adds one.
func (i *SavedVolumes) AddEventHandlerWithResyncPeriod(handler cache.ResourceEventHandler, period time.Duration) (cache.ResourceEventHandlerRegistration, error) {
	i.add(handler)
	return i.SharedIndexInformer.AddEventHandlerWithResyncPeriod(handler, period)
}

// TellOf has the library look at the PersistentVolume of that name, as a resync would. It
// returns false if there is none.
func (i *SavedVolumes) TellOf(name string) bool {
	found, exists, err := i.SharedIndexInformer.GetStore().GetByKey(name)
	if err != nil || !exists {
		return false
	}
	i.tell(found)
	return true
}

// GetStore returns the cache for the library.
func (i *SavedVolumes) GetStore() cache.Store {
	return copyingStore{i.SharedIndexInformer.GetStore()}
}

// copyingStore hands out copies and takes nothing in.
type copyingStore struct{ cache.Store }

// Add does nothing.
func (copyingStore) Add(any) error { return nil }

// GetByKey returns a copy of a PersistentVolume.
func (s copyingStore) GetByKey(key string) (any, bool, error) {
	found, exists, err := s.Store.GetByKey(key)
	return copyOf(found), exists, err
}

// Get returns a copy of a PersistentVolume.
func (s copyingStore) Get(object any) (any, bool, error) {
	found, exists, err := s.Store.Get(object)
	return copyOf(found), exists, err
}

// List returns copies of all PersistentVolumes. The library never calls it.
func (s copyingStore) List() []any {
	all := s.Store.List()
	for i := range all {
		all[i] = copyOf(all[i])
	}
	return all
}

// copyOf returns a copy with finalizers of its own, which are all that the library
// changes. All else is shared, so that a copy costs one struct.
func copyOf(object any) any {
	pv, ok := object.(*v1.PersistentVolume)
	if !ok {
		return object
	}
	copied := *pv
	copied.Finalizers = slices.Clone(pv.Finalizers)
	return &copied
}
