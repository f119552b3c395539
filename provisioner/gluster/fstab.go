package gluster

import (
	"fmt"
	"slices"
	"strings"
)

// What heketi writes into fstab (executors/cmdexec/brick.go and cmdexec.go of heketi
// 10.3). The options are its own unless its configuration has others.
const (
	brickFileSystem     = "xfs"
	defaultMountOptions = "rw,inode64,noatime,nouuid"
)

// FstabLine is the line as it stands in fstab, with the order of dumps and checks that
// heketi gives to its bricks.
func (m Mount) FstabLine() string {
	return fmt.Sprintf("%s %s %s %s 1 2", m.Device, m.Folder, m.Type, m.Options)
}

// brickDevice is the device of the brick's logical volume.
func (b BrickEntry) brickDevice() string { return "/dev/mapper/" + b.Group() + "-" + b.Logical() }

// needsFstab says whether a host has to mount the brick when it starts. glusterd itself
// mounts those of cloned volumes.
func (b BrickEntry) needsFstab() bool {
	return !strings.HasPrefix(b.Info.Path, "/run/gluster/") && !strings.HasPrefix(b.Info.Path, "/var/run/gluster/")
}

// MountOf returns the line of the host's fstab that mounts a brick where gluster has it;
// false if there is none, or if the host did not tell.
func (h Host) MountOf(brick BrickEntry) (Mount, bool) {
	i := slices.IndexFunc(h.Mounts, func(m Mount) bool { return m.Folder == brick.MountPoint() })
	if i < 0 {
		return Mount{}, false
	}
	return h.Mounts[i], true
}

// MissingMounts returns the lines that the host's fstab lacks for those of the bricks that
// are on the host, in the order of the bricks; none if the host did not tell its fstab.
// Their options are those of the host's other bricks.
func (h Host) MissingMounts(bricks []BrickEntry) []Mount {
	if h.Mounts == nil {
		return nil
	}
	var missing []Mount
	for _, brick := range bricks {
		if brick.Info.Node != h.ID || !brick.needsFstab() {
			continue
		}
		if _, there := h.MountOf(brick); !there {
			missing = append(missing, Mount{
				Device: brick.brickDevice(), Folder: brick.MountPoint(),
				Type: brickFileSystem, Options: h.brickOptions(),
			})
		}
	}
	return missing
}

// brickOptions are those with which heketi has the host's bricks mounted.
func (h Host) brickOptions() string {
	for _, mount := range h.Mounts {
		if strings.HasPrefix(mount.Device, "/dev/mapper/vg_") && strings.Contains(mount.Device, "-brick_") && mount.Options != "" {
			return mount.Options
		}
	}
	return defaultMountOptions
}
