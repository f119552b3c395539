package mend

import (
	"cmp"
	"slices"
	"strings"

	"glusterfs-provisioner/provisioner/gluster"
)

// volumeOf returns the volume of that name on a host; false if its glusterd has none.
func volumeOf(host gluster.Host, name string) (gluster.Volume, bool) {
	i := slices.IndexFunc(host.Volumes, func(v gluster.Volume) bool { return v.Name == name })
	if i < 0 {
		return gluster.Volume{}, false
	}
	return host.Volumes[i], true
}

// hasBrick says whether gluster has a brick in a volume. Paths have the bricks' random ids,
// and hosts may be spelled in several ways, so that only the paths count.
func hasBrick(volume gluster.Volume, brick gluster.BrickEntry) bool {
	return slices.ContainsFunc(volume.Bricks, func(b gluster.Brick) bool { return b.Path == brick.Info.Path })
}

// bricksOn returns those of the bricks that are on a host.
func bricksOn(host gluster.Host, bricks []gluster.BrickEntry) []gluster.BrickEntry {
	return slices.DeleteFunc(slices.Clone(bricks), func(b gluster.BrickEntry) bool { return b.Info.Node != host.ID })
}

// volumeBricks returns the bricks that heketi has for a volume, in the order of its list.
func (d *Database) volumeBricks(volume gluster.VolumeEntry) []gluster.BrickEntry {
	var bricks []gluster.BrickEntry
	for _, id := range volume.Bricks {
		if brick := d.entries.Bricks[id]; brick.Info.Volume == volume.Info.ID && brick.Info.Path != "" {
			bricks = append(bricks, brick)
		}
	}
	return bricks
}

// hostName is how heketi reaches a storage host.
func (d *Database) hostName(node string) string {
	return cmp.Or(d.entries.Nodes[node].Name(), node)
}

// place is a brick as gluster writes it, HOST:PATH.
func (d *Database) place(brick gluster.BrickEntry) string {
	storage := strings.Join(d.entries.Nodes[brick.Info.Node].Info.Hostnames.Storage, ",")
	return cmp.Or(storage, brick.Info.Node) + ":" + brick.Info.Path
}
