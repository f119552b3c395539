package heketi

import (
	"context"
	"errors"
	"maps"
	"slices"
)

// Inventory is all that a heketi has, whoever had it made.
type Inventory struct {
	// Volumes are sorted by id.
	Volumes []Listed
	// Clusters are the ids of all clusters, sorted.
	Clusters []string
}

// Listed is one volume of an inventory. Its Hosts are those of its cluster when
// the volume was made.
type Listed struct {
	Volume
	// Pending says that heketi is making or deleting it, or was restarted in
	// that.
	Pending bool
}

// Inventory lists the volumes and the clusters of heketi, from one dump of its
// database, so they fit together.
func (c *Client) Inventory(ctx context.Context) (Inventory, error) {
	all, err := c.readDump(ctx, "list its volumes", dump.checkWhole)
	if err != nil {
		return Inventory{}, err
	}
	inventory := Inventory{Clusters: slices.Sorted(maps.Keys(all.Clusters))}
	for _, id := range slices.Sorted(maps.Keys(all.Volumes)) {
		entry := all.Volumes[id]
		listed := Listed{Volume: *volumeFrom(&entry.Info), Pending: entry.Pending.ID != ""}
		listed.ID = id
		inventory.Volumes = append(inventory.Volumes, listed)
	}
	return inventory, nil
}

// checkWhole is check for whoever draws conclusions from what is not in the
// dump.
func (d dump) checkWhole() error {
	if d.Clusters == nil {
		return errors.New("its answer is not a heketi's: no clusters in it")
	}
	return d.check()
}
