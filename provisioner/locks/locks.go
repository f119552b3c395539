package locks

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// Locks keep two from working on the same claim or PersistentVolume at a time, and let a
// shutdown wait for those who work. They are safe for concurrent use.
type Locks struct {
	mu sync.Mutex
	// taken has since when each lock is taken.
	taken  map[types.UID]time.Time
	closed bool
}

// New returns locks of which none is taken.
func New() *Locks { return &Locks{taken: map[types.UID]time.Time{}} }

// ErrDraining says that this process begins nothing any more.
var ErrDraining = errors.New("the provisioner is shutting down")

// Try takes the lock of the claim or PersistentVolume of that UID, and returns what gives
// it back. It returns ErrDraining when draining, and another error when another has it.
func (l *Locks) Try(uid types.UID) (unlock func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, ErrDraining
	}
	if _, taken := l.taken[uid]; taken {
		return nil, fmt.Errorf("the volume of %s is being worked on already", uid)
	}
	l.taken[uid] = time.Now()
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

// Oldest returns which lock is taken for longest, and since when; false if none is.
func (l *Locks) Oldest() (of types.UID, since time.Time, taken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for uid, when := range l.taken {
		if !taken || when.Before(since) {
			of, since, taken = uid, when, true
		}
	}
	return of, since, taken
}

// Drain lets nobody take another.
func (l *Locks) Drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}
