package caches

import (
	"fmt"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/cache"
)

// Refusals notes which caches cannot be filled because the API server refuses that, for
// want of a right or because it does not serve the kind. It is safe for concurrent use.
type Refusals struct {
	mu  sync.Mutex
	all map[string]refusal
}

type refusal struct {
	err    error
	synced func() bool
}

// Of returns what an informer has to call when it cannot list or watch a kind. The cache
// is filled once synced says so.
func (r *Refusals) Of(kind string, synced func() bool) cache.WatchErrorHandler {
	return func(reflector *cache.Reflector, err error) {
		if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsNotFound(err) {
			r.note(kind, refusal{err, synced})
		}
		cache.DefaultWatchErrorHandler(reflector, err)
	}
}

func (r *Refusals) note(kind string, refused refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = map[string]refusal{}
	}
	r.all[kind] = refused
}

// Err returns why a cache is not filled; nil if the API server has not refused that.
func (r *Refusals) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for kind, refused := range r.all {
		if !refused.synced() {
			return fmt.Errorf("cannot list and watch %s: %w; apply deploy/ again", kind, refused.err)
		}
	}
	return nil
}
