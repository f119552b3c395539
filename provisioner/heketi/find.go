package heketi

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/gluster"
)

// wanted is a volume that is looked for in heketi's database.
type wanted struct {
	// operation is what it is looked for in, for errors.
	operation string
	is        func(id string, volume gluster.VolumeEntry) bool
	// andBricks has operations count, too, that heketi was interrupted in with only some
	// of the volume's bricks, such as an expansion. The volume itself is not pending then.
	andBricks bool
	// clusters are those that heketi had when it was asked for the volume. A heketi that
	// has none of them left is not believed that it does not have the volume. If there are
	// none given, any heketi is believed.
	clusters []string
	// since is when heketi's database may have been read at the earliest; zero for now.
	since time.Time
}

// Find returns the volume of that name, from whichever cluster has it. The heketi must
// have one of the given clusters, if there are any.
//
// The error wraps ErrNotFound if no cluster has the volume, ErrForeign if heketi also has
// none of the given clusters left, and ErrInUse if heketi is making or deleting it. If
// heketi was interrupted in that, it is first asked to clean up. Find costs a dump of
// heketi's database, so it is for volumes whose id is not known.
func (c *Client) Find(ctx context.Context, name string, heketiClusters []string) (*Volume, error) {
	return c.find(ctx, name, heketiClusters, time.Time{})
}

// find is Find in what heketi's database had at some time since the given one, or has now
// if that is zero.
func (c *Client) find(ctx context.Context, name string, heketiClusters []string, since time.Time) (*Volume, error) {
	operation := fmt.Sprintf("look up volume %q", name)
	id, err := c.findAtRest(ctx, wanted{
		operation: operation,
		is:        func(_ string, volume gluster.VolumeEntry) bool { return volume.Info.Name == name },
		clusters:  heketiClusters,
		since:     since,
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

// findAtRest returns the id of the wanted volume, once heketi has no interrupted
// operation with it.
func (c *Client) findAtRest(ctx context.Context, volume wanted) (string, error) {
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
	volume.since = time.Time{}
	id, pending, err = c.search(ctx, volume)
	if err == nil && pending.ID != "" {
		err = &Error{Server: c.URL(), Operation: volume.operation, Kind: ErrInUse,
			Text: fmt.Sprintf("heketi has neither finished nor undone operation %s with it, for which all of its storage hosts have to be up", pending.ID)}
	}
	return id, err
}

// search looks through heketi's database for a volume. It returns the volume's id, and the
// operation that heketi has not ended with it, if any. Of several volumes it takes the one
// with the first id.
func (c *Client) search(ctx context.Context, volume wanted) (id string, pending gluster.PendingEntry, err error) {
	database, err := c.database(ctx, volume.operation, volume.since)
	if err != nil {
		return "", pending, err
	}
	for other, entry := range database.Volumes {
		if volume.is(other, entry) && (id == "" || other < id) {
			id = other
		}
	}
	switch {
	case id != "":
		return id, database.PendingWith(id, volume.andBricks), nil
	case len(volume.clusters) > 0 && !database.HasOneOf(volume.clusters):
		return "", pending, &Error{Server: c.URL(), Operation: volume.operation, Kind: ErrForeign,
			Text: fmt.Sprintf("it has neither the volume nor any of the clusters that heketi had when it was asked for it (%s)", presentable(strings.Join(volume.clusters, ", ")))}
	}
	return "", pending, &Error{Server: c.URL(), Operation: volume.operation, Kind: ErrNotFound}
}

func getOperation(id string) string { return "get volume " + id }

// Volume returns the volume of that id, which was in that cluster. The error wraps
// ErrNotFound if heketi knows the cluster but does not show the volume. That is also the
// case while heketi makes or deletes it. The error wraps ErrForeign if heketi does not
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

// Get returns the volume of that id. The error wraps ErrNotFound if heketi does not show
// it. That is also the case while heketi makes or deletes it.
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
