package heketi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/gluster"
)

// Expand grows a volume to at least sizeGiB GiB, and returns it as heketi has it then. If
// the volume is that large already, heketi changes nothing. There must be one Expand of a
// volume at a time.
//
// heketi is asked for a difference, so what it is asked twice it does twice. First Expand
// makes sure that heketi has no expansion of the volume under way. If heketi was
// interrupted in one, it is asked to undo it, if gluster has nothing of it. Then it counts
// what is missing. The other way round, an expansion that ends in between would be counted
// as missing.
//
// An error that wraps ErrInterrupted means that the volume may have grown or may grow yet.
// ErrInUse means that heketi works on it. Call Expand again after both. ErrHalfDone means
// that gluster has carried out an expansion that heketi's database does not have. A person
// has to finish it before the volume can grow. ErrHidesFiles means that a person has to set an
// option of the volume before. ErrNoSpace means that the cluster has no
// room for it, or that heketi's limit of bricks forbids it. If heketi does not have the
// volume, the error is that of Volume.
func (c *Client) Expand(ctx context.Context, id, cluster string, sizeGiB int) (*Volume, error) {
	now, err := c.atRest(ctx, id, cluster)
	if err != nil || now.SizeGiB >= sizeGiB {
		return now, err
	}
	if err := c.checkGrowth(ctx, now); err != nil {
		return nil, err
	}
	grown, err := c.expandBy(ctx, id, sizeGiB-now.SizeGiB)
	if !errors.Is(err, ErrInterrupted) {
		return grown, err
	}
	if isUnderWay(err) && sleep(ctx, c.config.RequestTimeout) != nil {
		return nil, err
	}
	// From here on no gateway passes the request on any more.
	if now, settleErr := c.atRest(ctx, id, cluster); settleErr == nil && now.SizeGiB >= sizeGiB {
		return now, nil
	}
	return nil, err
}

func expandOperation(id string) string { return "expand volume " + id }

// isUnderWay says whether a request may still be on its way to heketi.
func isUnderWay(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.underWay
}

// expandBy has heketi add that many GiB to a volume.
func (c *Client) expandBy(ctx context.Context, id string, gib int) (*Volume, error) {
	var grown *api.VolumeInfoResponse
	err := c.operate(ctx, expandOperation(id), func(client *gcli.Client) (err error) {
		grown, err = client.VolumeExpand(id, &api.VolumeExpandRequest{Size: gib})
		if err == nil && grown.Id != id {
			err = fmt.Errorf("it answered with another volume, %q", grown.Id)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return volumeFrom(&grown.VolumeInfo), nil
}

// atRest returns a volume as it is when heketi has no expansion of it under way.
func (c *Client) atRest(ctx context.Context, id, cluster string) (*Volume, error) {
	if err := c.settleExpansion(ctx, id); err != nil {
		return nil, err
	}
	return c.Volume(ctx, id, cluster)
}

// settleExpansion waits until heketi has ended an expansion of the volume, if there is
// one, for as long as an operation may take. If heketi was interrupted in it, heketi is
// asked to undo it, if gluster has nothing of it.
func (c *Client) settleExpansion(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.OperationTimeout, errStillWorking)
	defer cancel()
	cleanedUp := ""
	for begun := time.Now(); ; {
		pending, err := c.pendingExpansion(ctx, id)
		switch {
		case err != nil || pending == nil:
			return err
		case isInterrupted(pending) && pending.Id == cleanedUp:
			return c.stillWorking(id, pending.Id)
		case isInterrupted(pending):
			if err := c.cleanUp(ctx, pending.Id, keepsVolumes); err != nil {
				return err
			}
			cleanedUp = pending.Id
		default:
			if err := sleep(ctx, pollPause(time.Since(begun), 0)); err != nil {
				return c.stillWorking(id, pending.Id)
			}
		}
	}
}

// checkGrowth looks what gluster has. The error wraps ErrHalfDone if gluster has bricks in the
// volume that heketi's database has not. Then heketi does not know of an expansion that was
// carried out, or has destroyed its bricks. So heketi's size of the volume cannot be
// believed. It wraps ErrHidesFiles if gluster would hide files of the grown volume. If heketi
// cannot tell what gluster has, the volume may grow; if it only cannot tell whether bricks are still
// uncounted, it returns why.
//
// Each time it is looked anew, because heketi may have got an older copy of its database
// since.
func (c *Client) checkGrowth(ctx context.Context, volume *Volume) error {
	state, err := c.checkWhole(ctx, volume.ID)
	if state == nil {
		return nil // That heketi cannot tell says nothing against the volume.
	}
	e := &Error{Server: c.URL(), Operation: expandOperation(volume.ID)}
	switch {
	case errors.Is(err, gluster.ErrHalfDone):
		e.Kind = ErrHalfDone
		e.Text = fmt.Sprintf("%s. Restart no storage host, compare \"gluster volume info\" with \"heketi-cli volume info\", and see docs/mending.md", detail(err, gluster.ErrHalfDone))
		return e
	case err != nil:
		return err
	}
	if err := state.CheckGrowth(volume.ID); err != nil {
		e.Kind = ErrHidesFiles
		e.Text = fmt.Sprintf("its option %s is on, so some files could not be found by their names while gluster moves them to new bricks, and afterwards. Run %q on a storage host, which interrupts nobody; then it grows by itself. See docs/growing.md", gluster.LookupOptimize, gluster.FindAll(volume.Name))
		return e
	}
	return nil
}

var errStillWorking = errors.New("heketi is still working on it")

func stillWorkingOn(operation string) string {
	return fmt.Sprintf("%v (operation %s)", errStillWorking, operation)
}

func (c *Client) stillWorking(id, operation string) *Error {
	return &Error{Server: c.URL(), Operation: expandOperation(id), Kind: ErrInUse, Text: stillWorkingOn(operation)}
}

// The words that heketi 10.3 uses of pending operations, from
// apps/glusterfs/{pendingop,pendingop_entry,app_operations}.go of its sources.
const (
	typeExpandVolume  = "expand-volume"
	substatusInFlight = "in-flight"
)

// interruptedStatuses are those of operations that nobody works on. heketi was restarted
// in the first. The second failed, and heketi could not undo it.
var interruptedStatuses = []string{"stale", "failed"}

// isInterrupted says whether heketi has to clean up an operation. If the operation is in
// flight, heketi is cleaning it up already.
func isInterrupted(operation *api.PendingOperationInfo) bool {
	return slices.Contains(interruptedStatuses, operation.Status) && operation.SubStatus != substatusInFlight
}

// pendingExpansion returns the expansion of a volume that heketi has not ended; nil if
// there is none. Usually heketi has no pending operations at all, which is one small
// answer.
func (c *Client) pendingExpansion(ctx context.Context, id string) (*api.PendingOperationInfo, error) {
	all, err := c.pendingOperations(ctx)
	if err != nil {
		return nil, err
	}
	for _, operation := range all {
		if operation.TypeName != typeExpandVolume {
			continue
		}
		changes, err := c.changes(ctx, operation.Id)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(changes, func(change api.PendingChangeInfo) bool { return change.Id == id }) {
			return &operation, nil
		}
	}
	return nil, nil
}

// changes returns what a pending operation changes; nothing if it has ended.
func (c *Client) changes(ctx context.Context, operation string) ([]api.PendingChangeInfo, error) {
	var details *api.PendingOperationDetails
	err := c.call(ctx, "show operation "+operation, func(client *gcli.Client) (err error) {
		details, err = client.PendingOperationDetails(operation)
		if err == nil && details.Id != operation {
			err = fmt.Errorf("it answered with another operation, %q", details.Id)
		}
		return err
	})
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound && e.Text == idNotFound+": "+operation {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return details.Changes, nil
}
