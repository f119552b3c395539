package heketi

import (
	"context"
	"errors"
	"fmt"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
)

// errNoTurn is why the wait for a place ended.
var errNoTurn = errors.New("no place was free")

// operate is call for what heketi makes a job of. It waits for a place among the
// operations under way, and keeps it until heketi has answered. It bounds both.
func (c *Client) operate(ctx context.Context, operation string, do func(*gcli.Client) error) error {
	leave, err := c.takePlace(ctx, operation)
	if err != nil {
		return err
	}
	defer leave()
	return c.perform(ctx, operation, do)
}

// seat is a place among the operations under way that somebody keeps for several
// operations in turn. The zero seat of a client has none yet.
type seat struct {
	client *Client
	// free gives the place back; nil if there is none.
	free func()
}

// take takes a place, unless the seat has one.
func (s *seat) take(ctx context.Context, operation string) (err error) {
	if s.free == nil {
		s.free, err = s.client.takePlace(ctx, operation)
	}
	return err
}

// leave gives the place back, if the seat has one.
func (s *seat) leave() {
	if s.free != nil {
		s.free()
		s.free = nil
	}
}

// takePlace waits for a place for as long as an operation may take, and returns what
// gives it back.
func (c *Client) takePlace(ctx context.Context, operation string) (leave func(), err error) {
	start := time.Now()
	waiting, cancel := context.WithTimeoutCause(ctx, c.config.OperationTimeout, errNoTurn)
	defer cancel()
	leave, err = c.backend.places.take(waiting)
	if err != nil {
		err := c.noPlace(waiting, operation)
		c.observe(operation, err, start)
		return nil, err
	}
	return leave, nil
}

// perform is call for somebody who has a place. The bound counts from here, so that a
// long wait for the place takes nothing from the operation's own time.
func (c *Client) perform(ctx context.Context, operation string, do func(*gcli.Client) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.OperationTimeout,
		fmt.Errorf("not finished within %v", c.config.OperationTimeout))
	defer cancel()
	return c.call(ctx, operation, do)
}

// noPlace says why an operation did not get its turn.
func (c *Client) noPlace(waiting context.Context, operation string) *Error {
	why := context.Cause(waiting)
	if !errors.Is(why, errNoTurn) {
		return &Error{Server: c.URL(), Operation: operation, Kind: ErrUnavailable, Text: presentable(why.Error())}
	}
	return &Error{Server: c.URL(), Operation: operation, Kind: ErrBusy,
		Text: fmt.Sprintf("%d operations of this provisioner are under way there", c.backend.places.underWay())}
}
