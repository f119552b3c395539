package bricks

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"glusterfs-provisioner/host/fstab"
	"glusterfs-provisioner/host/store"
)

// Brick is a brick of this host.
type Brick struct {
	// Volume is gluster's; empty where only heketi knows of the brick.
	Volume string
	// Started is whether the volume is started, so that the brick is to run.
	Started bool
	// Host is what gluster knows this host by, and Path the brick's folder.
	Host, Path string
	// Mount is what is to be mounted before the brick can run; it has no device where the brick is not
	// one of heketi's, which somebody else has to mount.
	Mount fstab.Entry
}

// heketi's names (pkg/paths of heketi 10.3), of which the groups are known by.
var (
	mountPoint = regexp.MustCompile(`^/.*/(vg_[0-9a-f]{32})/(brick_[0-9a-f]{32})$`)
	device     = regexp.MustCompile(`^/dev/mapper/(vg_[0-9a-f]{32})-(brick_[0-9a-f]{32})$`)
	groupName  = regexp.MustCompile(`^vg_[0-9a-f]{32}$`)
)

// IsGroup tells whether a volume group is one of heketi's, by its name.
func IsGroup(name string) bool { return groupName.MatchString(name) }

// heketiOptions are those that heketi mounts bricks with unless told otherwise (cmdexec's brick.go of heketi 10.3).
const heketiOptions = "rw,inode64,noatime,nouuid"

// Group is the LVM volume group that the brick is on; empty where that is not one of heketi's.
func (b Brick) Group() string {
	if parts := device.FindStringSubmatch(b.Mount.Device); parts != nil {
		return parts[1]
	}
	return ""
}

// PIDFile is where glusterd notes the process of the brick, below /run/gluster.
func (b Brick) PIDFile() string {
	return path.Join("vols", b.Volume, b.Host+b.dashed()+".pid")
}

// StoreFile is where glusterd has written the brick down, below its working folder.
func (b Brick) StoreFile() string {
	return path.Join("vols", b.Volume, "bricks", b.Host+":"+b.dashed())
}

func (b Brick) dashed() string { return strings.ReplaceAll(b.Path, "/", "-") }

// Of returns the bricks of the node whose glusterd has that store, and those that only heketi has in its list, each
// once. Those of gluster come first.
func Of(node *store.Store, list []fstab.Entry) []Brick {
	var all []Brick
	for _, volume := range node.Volumes {
		for _, brick := range volume.Bricks {
			if brick.Node != node.UUID || node.UUID == "" {
				continue
			}
			all = append(all, Brick{
				Volume: volume.Name, Started: volume.Started, Host: brick.Host, Path: brick.Path, Mount: mountOf(brick.Path, list),
			})
		}
	}
	for _, entry := range list {
		known := slices.ContainsFunc(all, func(b Brick) bool { return b.Mount.MountPoint == entry.MountPoint })
		if !known && device.MatchString(entry.Device) {
			all = append(all, Brick{Path: path.Join(entry.MountPoint, "brick"), Mount: entry})
		}
	}
	return all
}

// mountOf returns what is to be mounted for a brick: what heketi's list says, or, where heketi has
// taken the line away though gluster has the brick, what the brick's path says.
func mountOf(brickPath string, list []fstab.Entry) fstab.Entry {
	point := path.Dir(brickPath)
	if at := slices.IndexFunc(list, func(e fstab.Entry) bool { return e.MountPoint == point }); at >= 0 {
		return list[at]
	}
	parts := mountPoint.FindStringSubmatch(point)
	if parts == nil {
		return fstab.Entry{}
	}
	return fstab.Entry{Device: "/dev/mapper/" + parts[1] + "-" + parts[2], MountPoint: point, Type: "xfs", Options: heketiOptions}
}

// Groups are the volume groups that the bricks are on, each once, in order.
func Groups(all []Brick) []string {
	var groups []string
	for _, brick := range all {
		if group := brick.Group(); group != "" {
			groups = append(groups, group)
		}
	}
	slices.Sort(groups)
	return slices.Compact(groups)
}
