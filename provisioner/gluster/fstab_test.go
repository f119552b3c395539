package gluster_test

import (
	"slices"
	"testing"

	"glusterfs-provisioner/provisioner/gluster"
)

// brickOn is a brick with the paths that heketi gives it.
func brickOn(host, id string) gluster.BrickEntry {
	const device = "d"
	var brick gluster.BrickEntry
	brick.Info.ID, brick.Info.Device, brick.Info.Node = id, device, host
	brick.Info.Path = "/var/lib/heketi/mounts/vg_" + device + "/brick_" + id + "/brick"
	return brick
}

func TestMissingMounts(t *testing.T) {
	t.Parallel()
	root := gluster.Mount{Device: "/dev/sda1", Folder: "/", Type: "ext4", Options: "errors=remount-ro", Mounted: true}
	other := gluster.Mount{Device: "/dev/mapper/vg_d-brick_o", Folder: "/var/lib/heketi/mounts/vg_d/brick_o", Type: "xfs", Options: "rw,nouuid,discard"}
	own := gluster.Mount{Device: "UUID=1", Folder: "/var/lib/heketi/mounts/vg_d/brick_b", Type: "xfs", Options: "rw"}
	snapshot := brickOn("host", "c")
	snapshot.Info.Path, snapshot.LogicalVolume = "/run/gluster/snaps/1/brick1/brick", "1_0"

	const device = "/dev/mapper/vg_d-brick_b /var/lib/heketi/mounts/vg_d/brick_b xfs "
	for name, test := range map[string]struct {
		mounts []gluster.Mount
		bricks []gluster.BrickEntry
		want   []string
	}{
		"no brick":                      {mounts: []gluster.Mount{root}},
		"it is there":                   {[]gluster.Mount{root, own}, []gluster.BrickEntry{brickOn("host", "b")}, nil},
		"it is missing":                 {[]gluster.Mount{root, other}, []gluster.BrickEntry{brickOn("host", "b")}, []string{device + "rw,nouuid,discard 1 2"}},
		"no brick has a line":           {[]gluster.Mount{root}, []gluster.BrickEntry{brickOn("host", "b")}, []string{device + "rw,inode64,noatime,nouuid 1 2"}},
		"fstab is empty":                {[]gluster.Mount{}, []gluster.BrickEntry{brickOn("host", "b")}, []string{device + "rw,inode64,noatime,nouuid 1 2"}},
		"fstab is not known":            {nil, []gluster.BrickEntry{brickOn("host", "b")}, nil},
		"it is another host's":          {[]gluster.Mount{root}, []gluster.BrickEntry{brickOn("elsewhere", "b")}, nil},
		"glusterd mounts it by itself":  {[]gluster.Mount{root}, []gluster.BrickEntry{snapshot}, nil},
		"one of several bricks is lost": {[]gluster.Mount{other}, []gluster.BrickEntry{brickOn("host", "o"), brickOn("host", "b")}, []string{device + "rw,nouuid,discard 1 2"}},
	} {
		host := gluster.Host{ID: "host", Mounts: test.mounts}
		var lines []string
		for _, mount := range host.MissingMounts(test.bricks) {
			lines = append(lines, mount.FstabLine())
		}
		if !slices.Equal(lines, test.want) {
			t.Errorf("%s: the missing lines are %q, want %q", name, lines, test.want)
		}
	}
}

func TestMountOf(t *testing.T) {
	t.Parallel()
	mount := gluster.Mount{Device: "/dev/mapper/vg_d-brick_b", Folder: "/var/lib/heketi/mounts/vg_d/brick_b", Type: "xfs", Options: "rw", Mounted: true}
	host := gluster.Host{ID: "host", Mounts: []gluster.Mount{mount}}
	if got, there := host.MountOf(brickOn("host", "b")); !there || got != mount {
		t.Errorf("got %v, %t", got, there)
	}
	if got, there := host.MountOf(brickOn("host", "c")); there {
		t.Errorf("another brick has %v", got)
	}
	if _, there := (gluster.Host{}).MountOf(brickOn("host", "b")); there {
		t.Error("a host that did not tell has a line")
	}
}
