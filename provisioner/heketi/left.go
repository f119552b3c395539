package heketi

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/gluster"
)

// left are the operations that heketi was interrupted in and was not asked to clean up.
type left struct {
	mu         sync.Mutex
	operations map[string]leftOperation
}

// leftOperation is one of them.
type leftOperation struct {
	// client left it alone, and why says why.
	client *Client
	why    error
	// volume is the id of its volume; empty if that is not known.
	volume string
	// told says that heketi was seen at it, which is told once.
	told bool
}

func newLeft() left { return left{operations: map[string]leftOperation{}} }

func (l *left) note(operation string, is leftOperation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	is.told = l.operations[operation].told
	l.operations[operation] = is
}

func (l *left) forget(operation string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.operations, operation)
}

func (l *left) all() map[string]leftOperation {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.operations)
}

// tell returns true the first time that it is called for an operation.
func (l *left) tell(operation string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	known, ok := l.operations[operation]
	first := ok && !known.told
	known.told = true
	if ok {
		l.operations[operation] = known
	}
	return first
}

// Unasked is a clean-up by heketi of what the provisioner had left alone.
type Unasked struct {
	// Heketi is its URL, Operation its id of what it undoes.
	Heketi, Operation string
	// Why is why it was left alone.
	Why error
	// Unlisted is how many bricks heketi has taken out of fstab although gluster has them.
	Unlisted int
	// Done says that heketi has ended it, and gluster has bricks that heketi has not.
	Done bool
}

// LeftAlone returns how many operations are left alone that heketis were interrupted in.
func (c *Connector) LeftAlone() int {
	count := 0
	for _, b := range c.backends() {
		count += len(b.left.all())
	}
	return count
}

// WatchLeft asks heketis what became of the operations that were left alone. It returns
// those that a heketi cleans up by itself, or has tried to, each once. An operation that
// has ended is not left alone any more.
//
// Each heketi that has such operations is sent a small request. Once a minute it has to
// look at gluster, too, because a clean-up that fails takes only a second or two. Other
// heketis are not asked.
func (c *Connector) WatchLeft(ctx context.Context) ([]Unasked, error) {
	var found []Unasked
	var failures []error
	for _, b := range c.backends() {
		unasked, err := b.watchLeft(ctx)
		found = append(found, unasked...)
		failures = append(failures, err)
	}
	return found, errors.Join(failures...)
}

func (c *Connector) backends() []*backend {
	c.mu.Lock()
	defer c.mu.Unlock()
	urls := slices.Sorted(maps.Keys(c.heketis))
	all := make([]*backend, 0, len(urls))
	for _, url := range urls {
		all = append(all, c.heketis[url])
	}
	return all
}

func (b *backend) watchLeft(ctx context.Context) ([]Unasked, error) {
	operations := b.left.all()
	if len(operations) == 0 {
		return nil, nil
	}
	var pending []api.PendingOperationInfo
	var err error
	for _, operation := range operations {
		if pending, err = operation.client.pendingOperations(ctx); err == nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	var found []Unasked
	for _, id := range slices.Sorted(maps.Keys(operations)) {
		unasked, err := b.watchOperation(ctx, id, operations[id], pending)
		if err != nil {
			return found, err
		}
		if unasked != nil {
			found = append(found, *unasked)
		}
	}
	return found, nil
}

// watchOperation returns what heketi does, or has done, with an operation that was left
// alone. It is given the operations that heketi has not ended. It returns nil if there is
// nothing new.
func (b *backend) watchOperation(ctx context.Context, id string, operation leftOperation, pending []api.PendingOperationInfo) (*Unasked, error) {
	found := &Unasked{Heketi: b.url, Operation: id, Why: operation.why}
	i := slices.IndexFunc(pending, func(p api.PendingOperationInfo) bool { return p.Id == id })
	switch {
	case i >= 0 && pending[i].SubStatus == substatusInFlight:
		// It is told below.
	case i >= 0:
		state, err := operation.client.lookSince(ctx, time.Now().Add(-lookAge))
		if err != nil {
			return nil, err
		}
		if found.Unlisted = state.Unlisted(id); found.Unlisted == 0 {
			return nil, nil
		}
	default:
		_, err := operation.client.checkWhole(ctx, operation.volume)
		if err != nil && !errors.Is(err, gluster.ErrHalfDone) {
			return nil, err
		}
		b.left.forget(id)
		if err == nil {
			return nil, nil
		}
		found.Why, found.Done = err, true
		return found, nil
	}
	if !b.left.tell(id) {
		return nil, nil
	}
	return found, nil
}

// pendingOperations are those that heketi has not ended.
func (c *Client) pendingOperations(ctx context.Context) ([]api.PendingOperationInfo, error) {
	var list *api.PendingOperationListResponse
	err := c.call(ctx, "list its pending operations", func(client *gcli.Client) (err error) {
		list, err = client.PendingOperationList()
		if err == nil && list.PendingOperations == nil {
			err = errors.New("its answer is not a heketi's: no operations in it")
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return list.PendingOperations, nil
}
