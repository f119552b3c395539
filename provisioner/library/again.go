package library

import (
	"sync"

	"k8s.io/client-go/tools/cache"
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
