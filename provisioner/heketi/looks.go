package heketi

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// looks joins those who want to know the same of one heketi, because it costs heketi much
// to tell. There is one look at a time.
type looks[Sight any] struct {
	// keep is how long a look is kept.
	keep time.Duration
	// looking has one element while somebody looks.
	looking chan struct{}

	mu   sync.Mutex
	last look[Sight]
}

// look is what was asked and what was seen.
type look[Sight any] struct {
	// begun is a time before the request was sent.
	begun time.Time
	// by are the credentials, since others may be told something else.
	by  Credentials
	saw Sight
	err error
}

// failureAge is how long a look that has failed is kept, for those who waited for it.
const failureAge = time.Second

func newLooks[Sight any](keep time.Duration) *looks[Sight] {
	return &looks[Sight]{keep: keep, looking: make(chan struct{}, 1)}
}

// after returns what those credentials see in a look that began after the given time. It
// may be another's look. All who share it get the same, which must not be changed. If the
// context ends first, it returns why. The look goes on for others.
func (l *looks[Sight]) after(ctx context.Context, asked time.Time, by Credentials, take func(context.Context) (Sight, error)) (none Sight, err error) {
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	select {
	case l.looking <- struct{}{}:
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
	if seen, ok := l.lastAfter(asked, by); ok {
		<-l.looking
		return seen.saw, seen.err
	}
	mine := make(chan look[Sight], 1)
	go func() {
		defer func() { <-l.looking }()
		now := look[Sight]{begun: time.Now(), by: by}
		now.saw, now.err = take(context.WithoutCancel(ctx))
		l.note(now)
		mine <- now
	}()
	select {
	case now := <-mine:
		return now.saw, now.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// lastAfter returns the last look if those credentials took it and it began after the
// given time. One that began at that very time may be older than the question.
func (l *looks[Sight]) lastAfter(asked time.Time, by Credentials) (look[Sight], bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.last.by.User == by.User && l.last.by.Key == by.Key
	return l.last, mine && l.last.begun.After(asked)
}

// note keeps a look for a while. It is large where there are many volumes.
func (l *looks[Sight]) note(seen look[Sight]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = seen
	keep := l.keep
	if seen.err != nil {
		keep = min(keep, failureAge)
	}
	time.AfterFunc(keep, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.last.begun.Equal(seen.begun) {
			l.last = look[Sight]{}
		}
	})
}

// shared is the error of a look for one of those who share it. It names the operation that
// this one asked for. It is a copy, because each may add to its own.
func (c *Client) shared(operation string, err error) *Error {
	mine := Error{Server: c.URL(), Kind: ErrUnavailable}
	var found *Error
	if errors.As(err, &found) {
		mine = *found
	} else {
		mine.Text = presentable(err.Error())
	}
	mine.Operation = operation
	return &mine
}

// bounded is the context within which something is told that takes heketi long.
func (c *Client) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.config.OperationTimeout,
		fmt.Errorf("not told within %v", c.config.OperationTimeout))
}
