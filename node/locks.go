package node

import (
	"context"
	"sync"
)

// locks has one call at a time work on a volume. Its zero value is ready.
type locks struct {
	mu   sync.Mutex
	held map[string]*lock
}

type lock struct {
	// token is in the channel while nobody holds the lock.
	token chan struct{}
	// users hold the lock or wait for it.
	users int
}

// acquire waits for a volume until the context ends. When it returns no error, release
// has to be called.
func (l *locks) acquire(ctx context.Context, volume string) (release func(), err error) {
	l.mu.Lock()
	one := l.held[volume]
	if one == nil {
		one = &lock{token: make(chan struct{}, 1)}
		one.token <- struct{}{}
		if l.held == nil {
			l.held = map[string]*lock{}
		}
		l.held[volume] = one
	}
	one.users++
	l.mu.Unlock()

	select {
	case <-one.token:
		return func() {
			one.token <- struct{}{}
			l.leave(volume, one)
		}, nil
	case <-ctx.Done():
		l.leave(volume, one)
		return nil, ctx.Err()
	}
}

func (l *locks) leave(volume string, one *lock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if one.users--; one.users == 0 {
		delete(l.held, volume)
	}
}
