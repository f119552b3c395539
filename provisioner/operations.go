package provisioner

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
)

// operations knows what is under way, so that nothing works on the same volume
// twice at a time, and so that a shutdown can wait for it.
type operations struct {
	mu      sync.Mutex
	running map[types.UID]struct{}
	closed  bool
}

func newOperations() *operations {
	return &operations{running: map[types.UID]struct{}{}}
}

// begin notes work on the claim or PersistentVolume of that UID, and returns
// what ends it. It returns an error when there is such work already, and when
// draining.
func (o *operations) begin(uid types.UID) (end func(), err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return nil, fmt.Errorf("the provisioner is shutting down")
	}
	if _, busy := o.running[uid]; busy {
		return nil, fmt.Errorf("the volume of %s is being worked on already", uid)
	}
	o.running[uid] = struct{}{}
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.running, uid)
	}, nil
}

func (o *operations) draining() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.closed
}

func (o *operations) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.running)
}

// drain lets nothing new begin.
func (o *operations) drain() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}

// Drain lets nothing new begin and waits until what is under way has ended and
// every finished volume's PersistentVolume is saved. It returns an error that
// says what is left when the context ends first; that is safe, since the
// journal remembers it.
func (p *Provisioner) Drain(ctx context.Context) error {
	p.operations.drain()
	err := wait.PollUntilContextCancel(ctx, 20*time.Millisecond, true, func(context.Context) (bool, error) {
		return p.operations.count() == 0 && p.unfinished.unsaved() == 0, nil
	})
	if err != nil {
		return fmt.Errorf("%d operations and %d unsaved PersistentVolumes are left for the next start",
			p.operations.count(), p.unfinished.unsaved())
	}
	return nil
}
