package heketi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"

	"glusterfs-provisioner/provisioner/gluster"
)

// lookAge is how long a look at gluster is used by those whom an older one serves.
const lookAge = time.Minute

// looks joins those who want to know what gluster has: for each look, heketi runs a
// handful of commands on every storage host.
type looks struct {
	// looking has one element while somebody looks.
	looking chan struct{}

	mu   sync.Mutex
	last look
}

// look is what a look at gluster showed.
type look struct {
	begun time.Time
	// by are the credentials, since others may be told something else.
	by    Credentials
	state *gluster.State
	err   error
}

func newLooks() looks { return looks{looking: make(chan struct{}, 1)} }

// since returns the last look of that client if it began at that time or later.
func (l *looks) since(c *Client, begun time.Time) (look, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.last.by.User == c.credentials.User && l.last.by.Key == c.credentials.Key
	return l.last, mine && !l.last.begun.IsZero() && !l.last.begun.Before(begun)
}

// note keeps a look for a while. It is large where there are many volumes.
func (l *looks) note(seen look) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = seen
	time.AfterFunc(lookAge, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.last.begun.Equal(seen.begun) {
			l.last = look{}
		}
	})
}

// lookSince returns what gluster has, from a look that began at that time or later.
func (c *Client) lookSince(ctx context.Context, begun time.Time) (*gluster.State, error) {
	looks := &c.backend.looks
	select {
	case looks.looking <- struct{}{}:
	case <-ctx.Done():
		return nil, c.notSeen(ctx)
	}
	if seen, ok := looks.since(c, begun); ok {
		<-looks.looking
		return seen.state, seen.err
	}
	// Others use what is seen, so that it does not end with the first one's context.
	seen := make(chan look, 1)
	go func() {
		defer func() { <-looks.looking }()
		now := look{begun: time.Now(), by: c.credentials}
		now.state, now.err = c.look(context.WithoutCancel(ctx))
		looks.note(now)
		seen <- now
	}()
	select {
	case now := <-seen:
		return now.state, now.err
	case <-ctx.Done():
		return nil, c.notSeen(ctx)
	}
}

func (c *Client) notSeen(ctx context.Context) *Error {
	return &Error{Server: c.URL(), Operation: lookOperation, Kind: ErrUnavailable, Text: context.Cause(ctx).Error()}
}

const lookOperation = "examine gluster"

// Gluster returns what heketi and gluster have, each storage host for itself. heketi asks
// the hosts one after the other, so it takes a second or two for three hosts, and
// minutes where one hangs. heketi tells only its admin.
func (c *Client) Gluster(ctx context.Context) (*gluster.State, error) {
	return c.lookSince(ctx, time.Now())
}

func (c *Client) look(ctx context.Context) (*gluster.State, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.OperationTimeout,
		fmt.Errorf("not told within %v", c.config.OperationTimeout))
	defer cancel()
	var state *gluster.State
	err := c.callAs(ctx, lookOperation, func(e *exchange) {
		e.patience = c.config.OperationTimeout
		// A storage host that hangs holds up this answer and no other.
		e.tellBreaker(nil)
		e.read = func(answer io.Reader) (err error) {
			if state, err = gluster.Read(answer); err != nil {
				err = fmt.Errorf("its answer is not a heketi's: %w", err)
			}
			return err
		}
	}, func(client *gcli.Client) error {
		_, err := client.StateExamineGluster()
		return err
	})
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound {
		e.Text = "this heketi cannot tell; heketi 10.3 can"
	}
	if err == nil && state == nil {
		err = &Error{Server: c.URL(), Operation: lookOperation, Kind: ErrUnavailable, Text: "its answer is not a heketi's"}
	}
	if err != nil {
		return nil, err
	}
	return state, nil
}
