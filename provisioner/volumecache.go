package provisioner

import "k8s.io/client-go/tools/cache"

// SavedVolumes returns an informer for the library, whose cache has only what the
// API server has saved. The library puts its own copy of a PersistentVolume into
// the cache once that is saved. If Kubernetes has released the PersistentVolume
// by then, since its claim is gone, the copy hides that, and the PersistentVolume
// would never be deleted. ShouldProvision does what the copy is for: it keeps a
// claim from being provisioned again before its PersistentVolume is seen.
func SavedVolumes(informer cache.SharedIndexInformer) cache.SharedInformer {
	return savedVolumes{informer}
}

type savedVolumes struct{ cache.SharedIndexInformer }

func (i savedVolumes) GetStore() cache.Store {
	return readOnlyStore{i.SharedIndexInformer.GetStore()}
}

type readOnlyStore struct{ cache.Store }

// Add does nothing.
func (readOnlyStore) Add(any) error { return nil }
