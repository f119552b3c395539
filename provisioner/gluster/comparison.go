package gluster

import (
	"fmt"
	"slices"
	"strings"
)

// comparison compares one cluster.
type comparison struct {
	state   *State
	cluster string
	hosts   []Host
	silent  []string
	// volumes are gluster's by name, each as the first host tells it that knows it.
	volumes map[string]Volume
	// mounts are the hosts' by host and folder.
	mounts map[mountKey]Mount
	found  []Difference
}

type mountKey struct{ host, folder string }

func (s *State) comparisonOf(cluster string) *comparison {
	c := &comparison{state: s, cluster: cluster, volumes: map[string]Volume{}, mounts: map[mountKey]Mount{}}
	c.hosts, c.silent = s.hostsOf(cluster)
	for _, host := range c.hosts {
		for _, volume := range host.Volumes {
			if _, known := c.volumes[volume.Name]; !known {
				c.volumes[volume.Name] = volume
			}
		}
		for _, mount := range host.Mounts {
			c.mounts[mountKey{host.ID, mount.Folder}] = mount
		}
	}
	return c
}

func (c *comparison) compare() {
	for _, name := range c.silent {
		c.add(SilentHost, VolumeEntry{}, name, "it did not tell heketi its volumes or its mounts; nothing is concluded from that")
	}
	for _, volume := range c.state.Database.Volumes {
		if volume.Info.Cluster == c.cluster {
			c.volume(volume)
		}
	}
	c.unknownVolumes()
	for _, host := range c.hosts {
		c.strayLVs(host)
	}
}

func (c *comparison) add(kind Kind, volume VolumeEntry, host, format string, args ...any) {
	c.found = append(c.found, Difference{
		Kind: kind, Volume: volume.Info.Name, ID: volume.Info.ID, Cluster: c.cluster, Host: host, Detail: fmt.Sprintf(format, args...),
	})
}

// volume compares a volume of heketi with gluster's, unless heketi works on it.
func (c *comparison) volume(volume VolumeEntry) {
	if c.state.Database.busyWith(volume) {
		return
	}
	gluster, known := c.volumes[volume.Info.Name]
	switch {
	case known:
		c.bricks(volume, gluster)
		if gluster.Status != "Started" {
			c.add(Stopped, volume, "", "gluster says that it is %s, so that nobody can mount it; run on a storage host: gluster volume start %s", strings.ToLower(gluster.Status), volume.Info.Name)
		}
		if len(gluster.Bricks) > gluster.SetSize && gluster.hidesFiles() {
			c.add(HidesFiles, volume, "", "if it has grown, some of its files may not be found by their names, though they are there; run on a storage host: %s", FindAll(volume.Info.Name))
		}
	case volume.Pending.ID == "" && len(c.silent) == 0 && len(c.hosts) > 0:
		c.add(OnlyInHeketi, volume, "", "no storage host has it; if it was deleted on purpose, delete it in heketi, too; if not, find out who deleted it before anything is made on its disks")
	}
	for _, brick := range c.bricksOf(volume) {
		// A brick of an interrupted operation may be missing: it was not made yet, or is
		// destroyed already.
		if brick.Pending.ID == "" || known && gluster.has(brick.Info.Path) {
			c.mount(volume, brick)
		}
	}
}

// busyWith says whether heketi works on a volume, as far as its database tells.
func (d Database) busyWith(volume VolumeEntry) bool {
	for id, operation := range d.Operations {
		if !operation.Interrupted() && (id == volume.Pending.ID || operation.Touches(volume.Info.ID, volume.Bricks)) {
			return true
		}
	}
	return false
}

func (c *comparison) bricksOf(volume VolumeEntry) []BrickEntry {
	var bricks []BrickEntry
	for _, id := range volume.Bricks {
		if brick, known := c.state.Database.Bricks[id]; known && brick.Info.Path != "" {
			bricks = append(bricks, brick)
		}
	}
	return bricks
}

// bricks compares the bricks of a volume.
func (c *comparison) bricks(volume VolumeEntry, gluster Volume) {
	known := c.bricksOf(volume)
	var halfDone, missing, unknown []string
	for _, brick := range known {
		switch has := gluster.has(brick.Info.Path); {
		case has && brick.Pending.ID != "":
			halfDone = append(halfDone, brick.Info.Path)
		case !has && brick.Pending.ID == "":
			missing = append(missing, brick.Info.Path)
		}
	}
	for _, brick := range gluster.Bricks {
		if !slices.ContainsFunc(known, func(k BrickEntry) bool { return k.Info.Path == brick.Path }) {
			unknown = append(unknown, brick.Host+":"+brick.Path)
		}
	}
	if len(halfDone) > 0 {
		c.add(HalfDone, volume, "", "gluster has %d bricks in it of an operation that heketi was interrupted in, such as %s; no data is lost; restart no storage host, do not have heketi clean up, and finish the operation as docs/mending.md says", len(halfDone), halfDone[0])
	}
	if len(unknown) > 0 {
		c.add(UnknownBrick, volume, "", "gluster has %d bricks in it that heketi does not have, such as %s; files may lie on them; heketi's database is older than the volume, or heketi has destroyed the bricks", len(unknown), unknown[0])
	}
	if len(missing) > 0 {
		c.add(MissingBrick, volume, "", "heketi has %d bricks in it that gluster does not have, such as %s", len(missing), missing[0])
	}
}

// mount says if a brick's file system is not mounted, or will not be after the next
// start of its host.
func (c *comparison) mount(volume VolumeEntry, brick BrickEntry) {
	i := slices.IndexFunc(c.hosts, func(h Host) bool { return h.ID == brick.Info.Node })
	if i < 0 {
		return
	}
	host := c.hosts[i]
	if mount, listed := c.mounts[mountKey{host.ID, brick.MountPoint()}]; listed {
		if !mount.Mounted {
			c.add(Unmounted, volume, host.Name, "its brick on storage host %s is not mounted; look for the reason there, and run: mount %s && gluster volume start %s force", host.Name, brick.MountPoint(), volume.Info.Name)
		}
		return
	}
	for _, line := range host.MissingMounts([]BrickEntry{brick}) {
		c.add(Unlisted, volume, host.Name, "its brick will be missing after the next start of storage host %s; add to the fstab there that heketi keeps: %s", host.Name, line.FstabLine())
	}
}

// unknownVolumes finds the volumes that heketi does not have although they lie on bricks
// of its making. Those that people make beside heketi are left out.
func (c *comparison) unknownVolumes() {
	known := map[string]bool{}
	for _, volume := range c.state.Database.Volumes {
		known[volume.Info.Name] = true
	}
	for _, volume := range c.volumes {
		if known[volume.Name] || !slices.ContainsFunc(volume.Bricks, func(b Brick) bool { return strings.HasPrefix(b.Path, mountsFolder) }) {
			continue
		}
		var entry VolumeEntry
		entry.Info.Name = volume.Name
		c.add(OnlyInGluster, entry, "", "gluster has it, with %d bricks that were made by heketi, and heketi does not; heketi's database is older than the volume, or heketi was interrupted in deleting it; look whether a PersistentVolume names it before you delete it", len(volume.Bricks))
	}
}

// strayLVs finds the logical volumes of a host that take room on heketi's devices
// without heketi's knowing.
func (c *comparison) strayLVs(host Host) {
	known := map[LogicalVolume]bool{}
	for _, brick := range c.state.Database.Bricks {
		known[LogicalVolume{brick.Group(), brick.Logical()}] = true
		known[LogicalVolume{brick.Group(), brick.Pool()}] = true
	}
	for _, lv := range host.LogicalVolumes {
		device, isHeketis := strings.CutPrefix(lv.Group, groupPrefix)
		if _, exists := c.state.Database.Devices[device]; !isHeketis || !exists || known[lv] || !isBricks(lv.Name) {
			continue
		}
		c.add(StrayLV, VolumeEntry{}, host.Name, "logical volume %s/%s on storage host %s belongs to no brick of heketi; if no volume of gluster has a brick on it, remove it: lvremove %s/%s", lv.Group, lv.Name, host.Name, lv.Group, lv.Name)
	}
}

// isBricks says whether a logical volume has a name that heketi gives.
func isBricks(name string) bool {
	return strings.HasPrefix(name, brickPrefix) || strings.HasPrefix(name, poolPrefix)
}
