package static

import (
	"context"
	"fmt"
	"strings"

	"glusterfs-provisioner/provisioner/heketi"
)

// find returns the volume of that id or name, and all that its heketi has. The error says
// why the volume can have no PersistentVolume.
func find(ctx context.Context, client *heketi.Client, idOrName string) (*heketi.Volume, heketi.Inventory, error) {
	all, err := client.Inventory(ctx)
	if err != nil {
		return nil, all, err
	}
	listed, err := pick(all.Volumes, idOrName)
	if err != nil {
		return nil, all, fmt.Errorf("heketi %s %w", client.URL(), err)
	}
	found, err := client.Volume(ctx, listed.ID, listed.Cluster)
	return found, all, err
}

// pick returns the volume of that id, else the one of that name. The errors complete a
// sentence that begins with heketi.
func pick(volumes []heketi.Listed, idOrName string) (heketi.Listed, error) {
	var named []heketi.Listed
	for _, v := range volumes {
		if v.ID == idOrName {
			return v, usable(v)
		}
		if v.Name == idOrName {
			named = append(named, v)
		}
	}
	switch len(named) {
	case 0:
		return heketi.Listed{}, fmt.Errorf("has no volume with the id or the name %q; heketi-cli volume list prints those that it has", idOrName)
	case 1:
		return named[0], usable(named[0])
	}
	var ids []string
	for _, v := range named {
		ids = append(ids, fmt.Sprintf("%s in cluster %s", v.ID, v.Cluster))
	}
	return heketi.Listed{}, fmt.Errorf("has %d volumes of the name %q; give the id of one: %s", len(named), idOrName, strings.Join(ids, ", "))
}

func usable(v heketi.Listed) error {
	switch {
	case v.Block:
		return fmt.Errorf("keeps block volumes in volume %q (id %s), so that files of pods must not be in it; name another volume", v.Name, v.ID)
	case v.Pending:
		return fmt.Errorf("is making or deleting volume %q (id %s), or was interrupted in that; heketi-cli server operations info says what it does", v.Name, v.ID)
	}
	return nil
}
