package provisioner

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
)

// locks keep two from working on the same claim or PersistentVolume at a time, and let a
// shutdown wait for those who work.
type locks struct {
	mu     sync.Mutex
	taken  map[types.UID]struct{}
	closed bool
}

func newLocks() *locks { return &locks{taken: map[types.UID]struct{}{}} }

// try takes the lock of the claim or PersistentVolume of that UID, and returns what gives
// it back. It returns an error when another has it, and when draining.
func (l *locks) try(uid types.UID) (unlock func(), err error) {
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

func (l *locks) draining() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.closed
}

func (l *locks) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.taken)
}

// drain lets nobody take another.
func (l *locks) drain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

// Drain lets nothing new begin and waits until what is under way has ended and
// every finished volume's PersistentVolume is saved. It returns an error that
// says what is left when the context ends first; that is safe, since the
// journal remembers it.
func (p *Provisioner) Drain(ctx context.Context) error {
	p.locks.drain()
	err := wait.PollUntilContextCancel(ctx, 20*time.Millisecond, true, func(context.Context) (bool, error) {
		return p.locks.count() == 0 && p.making.Unsaved() == 0 && p.making.Ending() == 0, nil
	})
	if err != nil {
		return fmt.Errorf("%d operations and %d unsaved PersistentVolumes are left for the next start",
			p.locks.count(), p.making.Unsaved())
	}
	return nil
}
