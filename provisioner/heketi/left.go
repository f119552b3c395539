package heketi

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
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

// Unasked is a clean-up by heketi that the provisioner had decided not to ask for.
type Unasked struct {
	// Heketi is its URL, Operation its id of what it undoes.
	Heketi, Operation string
	// Why is why it was left alone.
	Why error
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

// WatchLeft asks the heketis that have operations left alone what became of these, and
// returns those that a heketi cleans up by itself, each once. One that has ended is not
// left alone any more. It costs a small request for each such heketi, and nothing if
// there is none.
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
		operation := operations[id]
		i := slices.IndexFunc(pending, func(p api.PendingOperationInfo) bool { return p.Id == id })
		switch {
		case i >= 0 && pending[i].SubStatus == substatusInFlight && b.left.tell(id):
			found = append(found, Unasked{Heketi: b.url, Operation: id, Why: operation.why})
		case i < 0:
			state, err := operation.client.Gluster(ctx)
			if err != nil {
				return found, err
			}
			b.left.forget(id)
			if why := state.CheckWhole(operation.volume); why != nil {
				found = append(found, Unasked{Heketi: b.url, Operation: id, Why: why, Done: true})
			}
		}
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
