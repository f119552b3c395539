package heketi

import (
	"context"
	"fmt"
	"io"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"

	"glusterfs-provisioner/provisioner/gluster"
)

// lookAge is how long a look at gluster is used by those whom an older one serves.
const lookAge = time.Minute

const lookOperation = "examine gluster"

// Gluster returns what heketi and gluster have, each storage host for itself. heketi asks
// the hosts one after the other. That takes a second or two for three hosts, and minutes
// if one hangs. heketi tells only its admin.
func (c *Client) Gluster(ctx context.Context) (*gluster.State, error) {
	return c.lookSince(ctx, time.Now())
}

// checkWhole returns what gluster has. The error wraps gluster.ErrHalfDone if that has bricks in the
// volume that heketi does not count. One look is not enough to say so, because what is added during a
// look seems to be uncounted. If there is no second one, it returns the first and why.
func (c *Client) checkWhole(ctx context.Context, volume string) (*gluster.State, error) {
	first, err := c.Gluster(ctx)
	if err != nil || len(first.Uncounted(volume)) == 0 {
		return first, err
	}
	second, err := c.Gluster(ctx)
	if err != nil {
		return first, err
	}
	return second, gluster.CheckWhole(first, second, volume)
}

// lookSince returns what gluster has, from a look that began after that time. For each
// look, heketi runs a handful of commands on every storage host.
func (c *Client) lookSince(ctx context.Context, asked time.Time) (*gluster.State, error) {
	state, err := c.backend.looks.after(ctx, asked, c.credentials, c.look)
	if err != nil {
		return nil, c.shared(lookOperation, err)
	}
	return state, nil
}

func (c *Client) look(ctx context.Context) (*gluster.State, error) {
	ctx, cancel := c.bounded(ctx)
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
	if err == nil && state == nil {
		err = &Error{Server: c.URL(), Operation: lookOperation, Kind: ErrUnavailable, Text: "its answer is not a heketi's"}
	}
	if err != nil {
		return nil, err
	}
	return state, nil
}
