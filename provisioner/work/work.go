package work

import (
	"context"
	"errors"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
)

// Later is an error that says after which time it makes sense to try again. It is no
// failure.
type Later interface {
	error
	After() time.Duration
}

// Run does what is in the queue, so many at a time, until the context ends. What fails is
// tried again, after longer each time, and the complaint is logged with the error. What is
// Later is tried again after its time, and what has to wait for its turn when that comes.
// Whatever is logged of a key tells what it is, by the context that about returns.
func Run[Key any](ctx context.Context, queue workqueue.RateLimitingInterface, workers int, complaint string, about func(context.Context, Key) context.Context, do func(context.Context, Key) error) {
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for next(ctx, queue, complaint, about, do) {
			}
		})
	}
	<-ctx.Done()
	queue.ShutDown()
	working.Wait()
}

// next does one thing. It returns false when the queue is shut down.
func next[Key any](ctx context.Context, queue workqueue.RateLimitingInterface, complaint string, about func(context.Context, Key) context.Context, do func(context.Context, Key) error) bool {
	key, shutdown := queue.Get()
	if shutdown {
		return false
	}
	defer queue.Done(key)
	ctx = about(ctx, key.(Key))
	err := do(ctx, key.(Key))
	var later Later
	switch {
	case errors.Is(err, ErrWaits):
	case err == nil || ctx.Err() != nil:
		queue.Forget(key)
	case errors.As(err, &later):
		queue.Forget(key)
		queue.AddAfter(key, later.After())
	default:
		klog.FromContext(ctx).Error(err, complaint+"; will try again")
		queue.AddRateLimited(key)
	}
	return true
}
