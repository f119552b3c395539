package caches

import (
	"context"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/cache"
)

// Refusals notes which caches cannot be filled because the API server refuses that: a right
// is missing, or it does not serve the kind. It is safe for concurrent use.
type Refusals struct {
	mu  sync.Mutex
	all []*refusal
}

// refusal is of one informer; its error is nil until something was refused, and at is when
// that was last.
type refusal struct {
	kind   string
	synced func() bool
	err    error
	at     time.Time
}

// Of returns what an informer has to call when it cannot list or watch a kind. The cache
// is filled once synced says so.
func (r *Refusals) Of(kind string, synced func() bool) cache.WatchErrorHandler {
	r.mu.Lock()
	defer r.mu.Unlock()
	mine := &refusal{kind: kind, synced: synced}
	r.all = append(r.all, mine)
	return func(reflector *cache.Reflector, err error) {
		if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsNotFound(err) {
			r.mu.Lock()
			mine.err, mine.at = err, time.Now()
			r.mu.Unlock()
		}
		cache.DefaultWatchErrorHandler(reflector, err)
	}
}

// Patience is for how long a refusal of the API server is waited out. Rights that are
// granted together with the pod may come a moment later.
const Patience = 30 * time.Second

// WaitForSync waits until caches are filled. It returns an error that says what is missing
// if the API server still refuses to list something after the given time.
func (r *Refusals) WaitForSync(ctx context.Context, patience time.Duration, synced ...cache.InformerSynced) error {
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	refused := time.AfterFunc(patience, func() {
		if err := r.Err(); err != nil {
			giveUp(err)
		}
	})
	defer refused.Stop()
	if !cache.WaitForCacheSync(ctx.Done(), synced...) {
		return fmt.Errorf("cannot fill the caches: %w", context.Cause(ctx))
	}
	return nil
}

// again is how soon an informer has tried again what was refused: client-go's has pauses of up
// to a minute.
const again = 90 * time.Second

// Lately returns what the API server refuses to list or watch at present, so that the cache
// falls behind; nil if it refuses nothing.
func (r *Refusals) Lately(now time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, refused := range r.all {
		if refused.err != nil && now.Sub(refused.at) < again {
			return refused.explain()
		}
	}
	return nil
}

func (r *refusal) explain() error {
	return fmt.Errorf("cannot list and watch %s: %w; apply deploy/ again", r.kind, r.err)
}

// Err returns why a cache is not filled; nil if the API server has not refused that.
func (r *Refusals) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, refused := range r.all {
		if refused.err != nil && !refused.synced() {
			return refused.explain()
		}
	}
	return nil
}
