package heketi

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
	"golang.org/x/sync/errgroup"

	"glusterfs-provisioner/provisioner/gluster"
)

// extent says what an undoing may take away.
type extent bool

const (
	// keepsVolumes leaves every volume of gluster as it is.
	keepsVolumes extent = false
	// takesVolume lets the volume go that heketi was making or deleting. Nobody has it
	// then, or its deletion was asked for.
	takesVolume extent = true
)

// cleanUp has heketi undo a create or an expansion, finish a delete, or do either with the move of a brick, that it was
// interrupted in. First it makes certain that gluster has nothing of it that must stay.
//
// heketi itself does not ask gluster. It would unmount the bricks of a volume that is in
// use, and remove their file systems after the next restart of their hosts. An error that
// wraps ErrHalfDone or ErrInUse means that the operation was left alone.
func (c *Client) cleanUp(ctx context.Context, operation string, takes extent) error {
	if volume, err := c.checkUndo(ctx, operation, takes); err != nil {
		c.backend.left.note(operation, leftOperation{client: c, why: err, volume: volume})
		return err
	}
	c.backend.left.forget(operation)
	return c.operate(ctx, "clean up operation "+operation, func(client *gcli.Client) error {
		return client.PendingOperationCleanUp(&api.PendingOperationsCleanRequest{Operations: []string{operation}})
	})
}

// checkUndo looks at gluster twice, because gluster may still carry out a command of
// heketi's that was cut off, and shows that only afterwards. With an error it returns the
// id of the operation's volume, if that is known.
func (c *Client) checkUndo(ctx context.Context, operation string, takes extent) (volume string, err error) {
	for looked := false; ; looked = true {
		state, err := c.lookSince(ctx, time.Now())
		if err != nil {
			return "", c.leftAlone(operation, err)
		}
		if err := state.CheckUndo(operation, bool(takes)); err != nil {
			return state.VolumeOf(operation), c.leftAlone(operation, err)
		}
		if looked {
			return "", nil
		}
		if err := sleep(ctx, c.config.SettleTime); err != nil {
			return "", c.leftAlone(operation, err)
		}
	}
}

// leftAlone says why heketi was not asked to clean an operation up.
func (c *Client) leftAlone(operation string, reason error) *Error {
	e := &Error{Server: c.URL(), Operation: "clean up operation " + operation, Kind: ErrInUse}
	var failed *Error
	switch {
	case errors.Is(reason, gluster.ErrHalfDone):
		e.Kind = ErrHalfDone
		e.Text = fmt.Sprintf("heketi was interrupted in it when %s. %s", detail(reason, gluster.ErrHalfDone), whatToDo)
		return e
	case errors.As(reason, &failed):
		e.Kind, e.Status, reason = failed.Kind, failed.Status, errors.New(failed.Text)
	}
	e.Text = presentable(fmt.Sprintf("heketi was interrupted in it, and it is left alone until it is certain that gluster has nothing of it: %s", detail(reason, gluster.ErrUnsure)))
	return e
}

// whatToDo is what a person is told of an operation of which gluster has bricks.
const whatToDo = "No data is lost. Restart no storage host, do not have heketi clean up, and finish the operation as docs/mending.md says"

// detail is an error's text without the kind that it begins with.
func detail(err, kind error) string { return strings.TrimPrefix(err.Error(), kind.Error()+": ") }

// CleanUp has heketi clean up all creates, expansions, deletes and moves of bricks that it was interrupted
// in, whoever asked for them, if gluster has nothing of them, or agrees which brick a volume has. It costs one small request
// if there are none. The error joins those that were left alone, and why.
func (c *Client) CleanUp(ctx context.Context) error {
	pending, err := c.pendingOperations(ctx)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var failures []error
	var all errgroup.Group
	all.SetLimit(c.config.MaxInFlight)
	for _, operation := range pending {
		if !isInterrupted(&operation) || !slices.Contains(CleanedUp(), operation.TypeName) {
			continue
		}
		all.Go(func() error {
			if err := c.cleanUp(ctx, operation.Id, keepsVolumes); err != nil {
				mu.Lock()
				defer mu.Unlock()
				failures = append(failures, err)
			}
			return nil
		})
	}
	_ = all.Wait() // Each has kept its own failure.
	return errors.Join(failures...)
}

// CleanedUp returns the types of operations that heketi is asked to clean up.
func CleanedUp() []string {
	return []string{"create-volume", "delete-volume", typeExpandVolume, gluster.RemoveDevice.String(), gluster.EvictBrick.String()}
}
