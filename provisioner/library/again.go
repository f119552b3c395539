package library

import (
	"sync"

	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// listeners are the library's handlers of one kind of object.
type listeners struct {
	mu       sync.Mutex
	handlers []cache.ResourceEventHandler
}

func (l *listeners) add(handler cache.ResourceEventHandler) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.handlers = append(l.handlers, handler)
}

// tell has the library look at an object, as a resync would.
func (l *listeners) tell(object any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, handler := range l.handlers {
		handler.OnUpdate(object, object)
	}
}

// RememberWaiting returns a limiter that remembers what has failed while it waits for its
// turn. The library forgets the failures of whatever ShouldProvision or ShouldDelete does
// not let in, so that what failed often would be tried as often as its turn comes.
func RememberWaiting(limiter workqueue.RateLimiter, waits func(key string) bool) workqueue.RateLimiter {
	return rememberWaiting{limiter, waits}
}

type rememberWaiting struct {
	workqueue.RateLimiter
	waits func(key string) bool
}

// Forget forgets the failures of what does not wait.
func (r rememberWaiting) Forget(item any) {
	if key, ok := item.(string); ok && r.waits(key) {
		return
	}
	r.RateLimiter.Forget(item)
}
