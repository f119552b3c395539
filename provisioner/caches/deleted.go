package caches

import "k8s.io/client-go/tools/cache"

// LastKnown returns what an informer tells of in a deletion: the object as it was last
// seen. The informer wraps it if it has missed the deletion itself. False if it is no T.
func LastKnown[T any](told any) (T, bool) {
	if missed, ok := told.(cache.DeletedFinalStateUnknown); ok {
		told = missed.Obj
	}
	object, ok := told.(T)
	return object, ok
}
