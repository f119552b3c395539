package node

import (
	"context"
	"sync"
	"time"
)

// turnBound is how long a volume that is being mounted keeps others waiting. Mounting takes a
// second; what takes longer waits for servers, and costs the node next to nothing meanwhile.
const turnBound = 10 * time.Second

// turns has some volumes be mounted at a time, so that a node that starts with hundreds of them
// gets them one after the other, and not all of them too late. Without any turns there is no limit.
type turns chan struct{}

// newTurns has so many at a time; 0 for any number.
func newTurns(atOnce int) turns {
	if atOnce == 0 {
		return nil
	}
	return make(turns, atOnce)
}

// take waits for a turn until the context ends. When it returns no error, over has to be
// called.
func (t turns) take(ctx context.Context) (over func(), err error) {
	if t == nil {
		return func() {}, nil
	}
	select {
	case t <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	giveBack := sync.OnceFunc(func() { <-t })
	late := time.AfterFunc(turnBound, giveBack)
	return func() { late.Stop(); giveBack() }, nil
}
