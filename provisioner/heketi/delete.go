package heketi

import (
	"context"
	"errors"
	"fmt"
	"slices"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/gluster"
)

// Ref is where a volume is, as it was recorded when it was made.
type Ref struct{ ID, Name, Cluster string }

// Delete deletes a volume. It returns nil if heketi answered that it has deleted it. It
// also returns nil if heketi does not know the id, and the volume is certainly gone:
// heketi knows the cluster that had it, and more than half of the storage hosts tell that
// gluster does not have it. A heketi that is emptied, foreign or older than the volume
// does not know it either, and makes an error that wraps ErrForeign. ErrHalfDone means
// that a person has to finish an expansion of the volume first.
//
// Any error means that the volume may still exist. Call Delete again.
func (c *Client) Delete(ctx context.Context, volume Ref) error {
	id := volume.ID
	err := c.deleteVolume(ctx, id)
	if errors.Is(err, ErrInUse) {
		// heketi may have been interrupted in deleting or expanding this volume.
		_, pendingErr := c.findAtRest(ctx, wanted{
			operation: deleteOperation(id),
			is:        func(found string, _ gluster.VolumeEntry) bool { return found == id },
			andBricks: true,
		})
		if pendingErr != nil && !errors.Is(pendingErr, ErrNotFound) {
			return pendingErr
		}
		err = c.deleteVolume(ctx, id)
	}
	if err == nil || !errors.Is(err, ErrNotFound) || errors.Is(err, ErrInterrupted) {
		return err
	}
	if err := c.expectCluster(ctx, deleteOperation(id), id, volume.Cluster); err != nil {
		return err
	}
	return c.expectGone(ctx, volume)
}

// DeleteNamed deletes the volume of that name, of whose making nobody knows how far it has
// come, in the heketi that had those clusters before, if any are given. It returns nil if
// heketi has none, and an error that wraps ErrForeign if a storage host tells that gluster
// has it all the same. All else is as with Find and Delete.
func (c *Client) DeleteNamed(ctx context.Context, name string, heketiClusters []string) error {
	found, err := c.Find(ctx, name, heketiClusters)
	if !errors.Is(err, ErrNotFound) {
		if err != nil {
			return err
		}
		return c.Delete(ctx, found.Ref())
	}
	operation := fmt.Sprintf("delete volume %q", name)
	state, err := c.beside(ctx, operation)
	if state != nil && state.HasAnywhere(name) {
		return c.onlyInGluster(operation, name)
	}
	return err
}

// expectGone returns nil if gluster does not have a volume that heketi does not know.
// heketi's database may be an older copy, so its word does not do. What cannot be told now
// is asked again at the next try. heketi's word counts only if it never tells, because it
// is too old or the user is not its admin.
func (c *Client) expectGone(ctx context.Context, volume Ref) error {
	operation := deleteOperation(volume.ID)
	state, err := c.beside(ctx, operation)
	switch {
	case state == nil || err != nil:
		return err
	case state.Has(volume.Cluster, volume.Name):
		return c.onlyInGluster(operation, volume.Name)
	case state.Lacks(volume.Cluster, volume.Name):
		return nil
	}
	return &Error{Server: c.URL(), Operation: operation, Kind: ErrUnavailable,
		Text: "it does not know the volume, and too few storage hosts tell whether gluster has it: more than half of them have to answer heketi"}
}

// beside returns what gluster has beside a heketi that does not know a volume; nil if
// heketi never tells.
func (c *Client) beside(ctx context.Context, operation string) (*gluster.State, error) {
	state, err := c.Gluster(ctx)
	if errors.Is(err, ErrTooOld) || errors.Is(err, ErrUnauthorized) {
		return nil, nil
	}
	if err != nil {
		return nil, &Error{Server: c.URL(), Operation: operation, Kind: ErrUnavailable,
			Text: fmt.Sprintf("it does not know the volume, and does not tell whether gluster has it: %v", err)}
	}
	return state, nil
}

// onlyInGluster is the error of a volume that gluster has and heketi does not know.
func (c *Client) onlyInGluster(operation, name string) error {
	return &Error{Server: c.URL(), Operation: operation, Kind: ErrForeign,
		Text: fmt.Sprintf("it does not know the volume, but gluster has volume %s; if heketi's database is an older copy, bring back the newest; if not, delete the volume in gluster, and its bricks, by hand", name)}
}

func deleteOperation(id string) string { return "delete volume " + id }

func (c *Client) deleteVolume(ctx context.Context, id string) error {
	return c.operate(ctx, deleteOperation(id), func(client *gcli.Client) error {
		return client.VolumeDelete(id)
	})
}

// expectCluster returns nil if heketi knows the cluster that held the volume, and the
// volume is not there. Otherwise its error says why the operation proves nothing. The
// address may lead to another heketi than the one that did not know the volume a moment
// ago.
func (c *Client) expectCluster(ctx context.Context, operation, id, cluster string) error {
	if cluster == "" {
		return &Error{Server: c.URL(), Operation: operation, Kind: ErrForeign,
			Text: "it does not know the volume, and which cluster had it is not recorded, so this may not be the heketi that made it"}
	}
	var info *api.ClusterInfoResponse
	err := c.call(ctx, operation, func(client *gcli.Client) (err error) {
		info, err = client.ClusterInfo(cluster)
		if err == nil && info.Id != cluster {
			err = fmt.Errorf("it answered with another cluster, %q", info.Id)
		}
		return err
	})
	if errors.Is(err, ErrNotFound) {
		return &Error{Server: c.URL(), Operation: operation, Kind: ErrForeign,
			Text: fmt.Sprintf("it knows neither the volume nor its cluster %s; bring back the heketi or the database that made the volume", cluster)}
	}
	if err == nil && slices.Contains(info.Volumes, id) {
		return &Error{Server: c.URL(), Operation: operation, Kind: ErrForeign,
			Text: fmt.Sprintf("it did not know the volume, but then its cluster %s had it, so more than one heketi answers there", cluster)}
	}
	return err
}
