package settling

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/mend"
)

// Served is a heketi that serves, as its keeper sees it.
type Served interface {
	// Dump returns its database in JSON.
	Dump(context.Context) ([]byte, error)
}

// Operation is one that heketi was interrupted in.
type Operation struct {
	ID   string
	Kind string
	// Why says why it is left as it is.
	Why string
}

// Interrupted returns the operations that heketi was interrupted in, by their ids.
func Interrupted(ctx context.Context, served Served) ([]Operation, error) {
	_, entries, err := read(ctx, served)
	if err != nil {
		return nil, err
	}
	var found []Operation
	for id, operation := range entries.Operations {
		if operation.Interrupted() {
			found = append(found, Operation{ID: id, Kind: operation.Type.String()})
		}
	}
	slices.SortFunc(found, func(a, b Operation) int { return cmp.Compare(a.ID, b.ID) })
	return found, nil
}

func read(ctx context.Context, served Served) ([]byte, gluster.Database, error) {
	var entries gluster.Database
	text, err := served.Dump(ctx)
	if err == nil {
		err = json.Unmarshal(text, &entries)
	}
	return text, entries, err
}

// Undo has heketi undo what it was interrupted in, and finish deletions, as far as gluster has nothing of it. It
// returns the operations that are settled by that, and those that are left. It is told why Finish has finished nothing.
func Undo(ctx context.Context, served Served, client *heketi.Client, unfinished error) (undone, left []Operation, err error) {
	before, err := Interrupted(ctx, served)
	if err != nil || len(before) == 0 {
		return nil, nil, err
	}
	failure := client.CleanUp(ctx)
	// The bound may be over by now, and what is left is to be told all the same.
	after, err := Interrupted(context.WithoutCancel(ctx), served)
	if err != nil {
		return nil, nil, errors.Join(failure, err)
	}
	for _, operation := range before {
		if !has(after, operation) {
			undone = append(undone, operation)
			continue
		}
		operation.Why = whyLeft(operation, errors.Join(failure, unfinished))
		left = append(left, operation)
	}
	return undone, left, nil
}

func has(operations []Operation, one Operation) bool {
	return slices.ContainsFunc(operations, func(o Operation) bool { return o.ID == one.ID })
}

// whyLeft finds what a failure says of an operation.
func whyLeft(operation Operation, failure error) string {
	switch {
	case !slices.Contains(heketi.CleanedUp(), operation.Kind):
		return fmt.Sprintf("the keeper does not settle operations of the kind %s; look what there is of it on the storage hosts, and have heketi undo it: heketi-cli server operations cleanup %s", operation.Kind, operation.ID)
	case failure == nil:
		return "gluster has nothing of it, and heketi could not undo it; heketi's log says why, such as that a disk is busy"
	}
	why := failure.Error()
	// The last that names it says most: of an expansion, what keeps it from being finished.
	for line := range strings.Lines(failure.Error()) {
		if strings.Contains(line, operation.ID) {
			why = strings.TrimSpace(line)
		}
	}
	if before, _, whole := strings.Cut(why, ". No data is lost"); whole && operation.Kind != gluster.ExpandVolume.String() {
		return fmt.Sprintf("%s; the provisioner has heketi end it when it tries its claim or PersistentVolume again; "+
			"if nobody does, and nobody wants the volume: heketi-cli server operations cleanup %s", before, operation.ID)
	}
	return why
}

// Look looks whether any of some operations can be settled at present, by what gluster has, of which the client asks. If
// none can, it returns them with the reasons.
func Look(ctx context.Context, served Served, client *heketi.Client, operations []Operation) (can bool, left []Operation, err error) {
	state, err := client.Gluster(ctx)
	if err != nil {
		return false, nil, err
	}
	text, _, err := read(ctx, served)
	if err != nil {
		return false, nil, err
	}
	database, err := mend.Read(text)
	if err != nil {
		return false, nil, err
	}
	result, refusal := finishable(database, state)
	can = refusal == nil && result.Database != nil
	for _, operation := range operations {
		var unsafe error
		if slices.Contains(heketi.CleanedUp(), operation.Kind) {
			unsafe = state.CheckUndo(operation.ID, false)
			can = can || unsafe == nil
		}
		if unsafe != nil {
			unsafe = fmt.Errorf("operation %s: %w", operation.ID, unsafe)
		}
		operation.Why = whyLeft(operation, errors.Join(unsafe, refusal))
		left = append(left, operation)
	}
	return can, left, nil
}
