package locks

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// Locks keep two from working on the same claim or PersistentVolume at a time, and let a
// shutdown wait for those who work. They are safe for concurrent use.
type Locks struct {
	mu     sync.Mutex
	taken  map[types.UID]struct{}
	closed bool
}

// New returns locks of which none is taken.
func New() *Locks { return &Locks{taken: map[types.UID]struct{}{}} }

// Try takes the lock of the claim or PersistentVolume of that UID, and returns what gives
// it back. It returns an error when another has it, and when draining.
func (l *Locks) Try(uid types.UID) (unlock func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, fmt.Errorf("the provisioner is shutting down")
	}
	if _, taken := l.taken[uid]; taken {
		return nil, fmt.Errorf("the volume of %s is being worked on already", uid)
	}
	l.taken[uid] = struct{}{}
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.taken, uid)
	}, nil
}

// Draining says whether nobody can take another.
func (l *Locks) Draining() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

// Count returns how many are taken.
func (l *Locks) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.taken)
}

// Drain lets nobody take another.
func (l *Locks) Drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}
