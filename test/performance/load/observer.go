package load

import (
	"context"
	"fmt"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// Observer notes when claims become Bound and when PersistentVolumes go. It is
// safe for concurrent use.
type Observer struct {
	mu sync.Mutex
	// bound is by the claim's namespace and name, gone by the claim's that the
	// PersistentVolume was for.
	bound, gone map[string]time.Time
	// changed is closed, and made anew, with each change.
	changed chan struct{}
}

// Observe begins to observe all claims and PersistentVolumes, until the context
// ends.
func Observe(ctx context.Context, client kubernetes.Interface) (*Observer, error) {
	o := &Observer{bound: map[string]time.Time{}, gone: map[string]time.Time{}, changed: make(chan struct{})}
	factory := informers.NewSharedInformerFactory(client, 0)
	claims, err := factory.Core().V1().PersistentVolumeClaims().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    o.sawClaim,
		UpdateFunc: func(_, now any) { o.sawClaim(now) },
	})
	if err != nil {
		return nil, err
	}
	volumes, err := factory.Core().V1().PersistentVolumes().Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{DeleteFunc: o.lostVolume})
	if err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), claims.HasSynced, volumes.HasSynced) {
		return nil, fmt.Errorf("cannot observe claims and PersistentVolumes: %w", context.Cause(ctx))
	}
	return o, nil
}

func (o *Observer) sawClaim(object any) {
	if claim, ok := object.(*v1.PersistentVolumeClaim); ok && claim.Status.Phase == v1.ClaimBound {
		o.note(o.bound, claim.Namespace+"/"+claim.Name)
	}
}

func (o *Observer) lostVolume(object any) {
	if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = tombstone.Obj
	}
	if pv, ok := object.(*v1.PersistentVolume); ok && pv.Spec.ClaimRef != nil {
		o.note(o.gone, pv.Spec.ClaimRef.Namespace+"/"+pv.Spec.ClaimRef.Name)
	}
}

func (o *Observer) note(in map[string]time.Time, name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, known := in[name]; !known {
		in[name] = time.Now()
		close(o.changed)
		o.changed = make(chan struct{})
	}
}

// wait waits until all the names are in what was noted, and returns when each
// was.
func (o *Observer) wait(ctx context.Context, in map[string]time.Time, names []string) ([]time.Time, error) {
	for {
		times, changed := o.find(in, names)
		if len(times) == len(names) {
			return times, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("only %d of %d are done: %w", len(times), len(names), context.Cause(ctx))
		}
	}
}

func (o *Observer) find(in map[string]time.Time, names []string) ([]time.Time, <-chan struct{}) {
	o.mu.Lock()
	defer o.mu.Unlock()
	var times []time.Time
	for _, name := range names {
		if at, known := in[name]; known {
			times = append(times, at)
		}
	}
	return times, o.changed
}
