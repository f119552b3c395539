package heketi

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Inventory is all that a heketi has, whoever had it made.
type Inventory struct {
	// Volumes are sorted by id.
	Volumes []Listed
	// Clusters are the ids of all clusters, sorted.
	Clusters []string
}

// Listed is one volume of an inventory.
type Listed struct {
	ID      string
	Name    string
	Cluster string
	SizeGiB int
	GID     uint32
	// Pending says that heketi is making or deleting it, or was restarted in
	// that.
	Pending bool
	// Block says that it holds heketi's block volumes.
	Block bool
}

// Inventory lists the volumes and the clusters of heketi, from one dump of its
// database, so they fit together.
func (c *Client) Inventory(ctx context.Context) (Inventory, error) {
	database, err := c.database(ctx, "list its volumes", time.Time{})
	if err != nil {
		return Inventory{}, err
	}
	inventory := Inventory{Clusters: slices.Sorted(maps.Keys(database.Clusters))}
	for _, id := range slices.Sorted(maps.Keys(database.Volumes)) {
		entry := database.Volumes[id]
		inventory.Volumes = append(inventory.Volumes, Listed{
			ID: id, Name: entry.Info.Name, Cluster: entry.Info.Cluster, SizeGiB: entry.Info.Size, GID: entry.Info.Gid,
			Pending: entry.Pending.ID != "", Block: entry.Info.Block,
		})
	}
	return inventory, nil
}
