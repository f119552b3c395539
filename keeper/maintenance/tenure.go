package maintenance

import (
	"context"
	"time"
)

// tenure is from when the Lease is taken until it is held no more.
type tenure struct {
	// held ends when another one may have the Lease.
	held   context.Context
	cancel context.CancelCauseFunc
	// late ends it when the Lease could not be renewed for too long.
	late *time.Timer
	// stop ends the renewals, and ended is closed then.
	stop  context.CancelFunc
	ended chan struct{}
}

// newTenure begins to renew the Lease.
func (l *Lease) newTenure(ctx context.Context) *tenure {
	t := &tenure{ended: make(chan struct{})}
	t.held, t.cancel = context.WithCancelCause(ctx)
	t.late = time.AfterFunc(deadline, func() { t.cancel(ErrLost) })
	// It goes on after the holder's context has ended, until he has ended what he does.
	renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
	t.stop = stop
	go l.renewAgain(renewing, t)
	return t
}

// extend puts off the end of a tenure by a renewal that was begun then.
func (t *tenure) extend(begun time.Time) { t.late.Reset(deadline - time.Since(begun)) }

// lose ends a tenure because the Lease is lost.
func (t *tenure) lose() {
	t.cancel(ErrLost)
	t.end()
}

// end ends a tenure.
func (t *tenure) end() {
	t.late.Stop()
	t.stop()
	t.cancel(nil)
}

// renewAgain renews the Lease again and again, also when it was too late: as long as no other one has taken it, it is held.
func (l *Lease) renewAgain(ctx context.Context, t *tenure) {
	defer close(t.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(interval):
		}
		l.mu.Lock()
		// Without an answer, it is tried again.
		if begun := time.Now(); l.tenure == t && l.renew(ctx) == nil {
			t.extend(begun)
		}
		l.mu.Unlock()
	}
}
