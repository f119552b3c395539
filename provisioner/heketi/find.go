package heketi

import (
	"context"
	"encoding/json"
	"fmt"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
)

// dump is what is needed of heketi's database dump. It is the one answer of
// heketi that has the volumes' names and those volumes that are still being
// made or deleted.
type dump struct {
	Volumes map[string]struct {
		Info    api.VolumeInfo
		Pending struct {
			ID string `json:"Id"`
		}
	} `json:"volumeentries"`
}

// Find returns the volume of that name, from whichever cluster has it. The
// error wraps ErrNotFound if no cluster has it, and ErrInUse if heketi is still
// making or deleting it. It costs a dump of heketi's database, so it is meant
// for what cannot be asked for by id.
func (c *Client) Find(ctx context.Context, name string) (*Volume, error) {
	operation := fmt.Sprintf("look up volume %q", name)
	var volumes dump
	err := c.call(ctx, operation, func(client *gcli.Client) error {
		text, err := client.DbDump()
		if err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &volumes); err != nil {
			return fmt.Errorf("its answer is not a heketi's: %w", err)
		}
		if volumes.Volumes == nil {
			return fmt.Errorf("its answer is not a heketi's: no volumes in it")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for id, entry := range volumes.Volumes {
		if entry.Info.Name != name {
			continue
		}
		if entry.Pending.ID != "" {
			return nil, &Error{Server: c.URL(), Operation: operation, Kind: ErrInUse,
				Text: fmt.Sprintf("heketi is still working on it (operation %s); if it was restarted meanwhile, it cleans up within about a minute", entry.Pending.ID)}
		}
		return c.Get(ctx, id)
	}
	return nil, &Error{Server: c.URL(), Operation: operation, Kind: ErrNotFound}
}

// Get returns the volume of that id. The error wraps ErrNotFound if heketi does
// not show such a volume, which is so while it is being made or deleted, too.
func (c *Client) Get(ctx context.Context, id string) (*Volume, error) {
	var info *api.VolumeInfoResponse
	err := c.call(ctx, fmt.Sprintf("get volume %s", id), func(client *gcli.Client) (err error) {
		info, err = client.VolumeInfo(id)
		return err
	})
	if err != nil {
		return nil, err
	}
	return volumeFrom(&info.VolumeInfo), nil
}
