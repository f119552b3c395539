package heketi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/gluster"
)

// dump is what is needed of heketi's database dump. It is the one answer of
// heketi that has the volumes' names and those volumes that are still being
// made or deleted.
type dump struct {
	Clusters map[string]struct{} `json:"clusterentries"`
	Volumes  map[string]struct {
		Info    api.VolumeInfo
		Bricks  []string
		Pending struct {
			ID string `json:"Id"`
		}
	} `json:"volumeentries"`
	Operations map[string]gluster.PendingEntry `json:"pendingoperations"`
}

// check returns an error if the dump cannot come from a heketi.
func (d dump) check() error {
	if d.Volumes == nil {
		return errors.New("its answer is not a heketi's: no volumes in it")
	}
	for id := range d.Volumes {
		if !isID(id) {
			return fmt.Errorf("its answer is not a heketi's: volume id %q", id)
		}
	}
	return nil
}

// isID says whether a text can be one of heketi's ids, which become part of
// requests' paths.
func isID(text string) bool {
	const digitsAndLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return text != "" && strings.Trim(text, digitsAndLetters) == ""
}

// wanted is a volume that is looked for in heketi's database.
type wanted struct {
	// operation is what it is looked for in, for errors.
	operation string
	is        func(id string, info api.VolumeInfo) bool
	// andBricks says that an operation counts, too, that heketi was interrupted in with
	// some of the volume's bricks, such as an expansion. The volume itself is not
	// pending then.
	andBricks bool
	// clusters are those that heketi had when it was asked for the volume. One
	// that has none of them left is not believed that it has no such volume. If
	// there are none, any heketi is.
	clusters []string
}

// Find returns the volume of that name, from whichever cluster has it, in the
// heketi that had those clusters before, if any are given. The error wraps
// ErrNotFound if no cluster has it, ErrForeign if that is so but heketi has none of
// the given clusters left, and ErrInUse if heketi is making or deleting it. What
// heketi began and cannot go on with, since it was restarted meanwhile, it is asked
// to clean up first. It costs a dump of heketi's database, so it is meant for what
// cannot be asked for by id.
func (c *Client) Find(ctx context.Context, name string, heketiClusters []string) (*Volume, error) {
	operation := fmt.Sprintf("look up volume %q", name)
	id, err := c.settled(ctx, wanted{
		operation: operation,
		is:        func(_ string, info api.VolumeInfo) bool { return info.Name == name },
		clusters:  heketiClusters,
	})
	if err != nil {
		return nil, err
	}
	found, err := c.Get(ctx, id)
	if errors.Is(err, ErrNotFound) {
		// Only the database can say that there is no such volume.
		return nil, &Error{Server: c.URL(), Operation: operation, Kind: ErrInUse, Text: "heketi has it, but does not show it just now"}
	}
	return found, err
}

// settled returns the id of the wanted volume, once heketi has no interrupted
// operation with it.
func (c *Client) settled(ctx context.Context, volume wanted) (string, error) {
	id, pending, err := c.search(ctx, volume)
	if err != nil || pending.ID == "" {
		return id, err
	}
	if !pending.Interrupted() {
		return "", &Error{Server: c.URL(), Operation: volume.operation, Kind: ErrInUse, Text: stillWorkingOn(pending.ID)}
	}
	if err := c.cleanUp(ctx, pending.ID, takesVolume); err != nil {
		return "", err
	}
	id, pending, err = c.search(ctx, volume)
	if err == nil && pending.ID != "" {
		err = &Error{Server: c.URL(), Operation: volume.operation, Kind: ErrInUse,
			Text: fmt.Sprintf("heketi has neither finished nor undone operation %s with it, for which all of its storage hosts have to be up", pending.ID)}
	}
	return id, err
}

// search looks through heketi's database for a volume, and returns its id and
// the operation that heketi has not ended with it, if any.
func (c *Client) search(ctx context.Context, volume wanted) (id string, pending gluster.PendingEntry, err error) {
	none := gluster.PendingEntry{}
	database, err := c.readDump(ctx, volume.operation, dump.check)
	if err != nil {
		return "", none, err
	}
	for _, id := range slices.Sorted(maps.Keys(database.Volumes)) {
		if entry := database.Volumes[id]; volume.is(id, entry.Info) {
			return id, database.pending(id, volume.andBricks), nil
		}
	}
	if len(volume.clusters) > 0 && !database.hasOneOf(volume.clusters) {
		return "", none, &Error{Server: c.URL(), Operation: volume.operation, Kind: ErrForeign,
			Text: fmt.Sprintf("it has neither the volume nor any of the clusters that heketi had when it was asked for it (%s)", presentable(strings.Join(volume.clusters, ", ")))}
	}
	return "", none, &Error{Server: c.URL(), Operation: volume.operation, Kind: ErrNotFound}
}

// pending returns the operation that a volume is pending for, or, if it is for none and
// its bricks count, one that heketi was interrupted in with them. Its ID is empty if there
// is none.
func (d dump) pending(volume string, andBricks bool) gluster.PendingEntry {
	entry := d.Volumes[volume]
	if id := entry.Pending.ID; id != "" {
		operation := d.Operations[id]
		operation.ID = id
		return operation
	}
	if andBricks {
		for _, id := range slices.Sorted(maps.Keys(d.Operations)) {
			if operation := d.Operations[id]; operation.Interrupted() && operation.Touches(volume, entry.Bricks) {
				operation.ID = id
				return operation
			}
		}
	}
	return gluster.PendingEntry{}
}

// hasOneOf says whether the database is of a heketi that has one of the clusters.
// Their ids are random, so one is enough to recognize it by.
func (d dump) hasOneOf(clusters []string) bool {
	return slices.ContainsFunc(clusters, func(id string) bool {
		_, ok := d.Clusters[id]
		return ok
	})
}

// readDump asks for heketi's database, and refuses an answer that the check
// refuses.
func (c *Client) readDump(ctx context.Context, operation string, check func(dump) error) (dump, error) {
	var volumes dump
	err := c.call(ctx, operation, func(client *gcli.Client) error {
		text, err := client.DbDump()
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &volumes); err != nil {
			return fmt.Errorf("its answer is not a heketi's: %w", err)
		}
		return check(volumes)
	})
	return volumes, err
}

func getOperation(id string) string { return "get volume " + id }

// Volume returns the volume of that id, which was in that cluster. The error wraps
// ErrNotFound if a heketi that knows the cluster does not show such a volume, which
// is so while it is being made or deleted, too, and ErrForeign if heketi does not
// know the cluster either.
func (c *Client) Volume(ctx context.Context, id, cluster string) (*Volume, error) {
	found, err := c.Get(ctx, id)
	if !errors.Is(err, ErrNotFound) {
		return found, err
	}
	if foreign := c.expectCluster(ctx, getOperation(id), id, cluster); foreign != nil {
		return nil, foreign
	}
	return nil, err
}

// Get returns the volume of that id. The error wraps ErrNotFound if heketi does
// not show such a volume, which is so while it is being made or deleted, too.
func (c *Client) Get(ctx context.Context, id string) (*Volume, error) {
	var info *api.VolumeInfoResponse
	err := c.call(ctx, getOperation(id), func(client *gcli.Client) (err error) {
		info, err = client.VolumeInfo(id)
		if err == nil && info.Id != id {
			err = fmt.Errorf("it answered with another volume, %q", info.Id)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return volumeFrom(&info.VolumeInfo), nil
}
