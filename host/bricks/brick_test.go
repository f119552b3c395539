package bricks

import (
	"reflect"
	"strings"
	"testing"

	"glusterfs-provisioner/host/fstab"
	"glusterfs-provisioner/host/store"
)

var (
	group  = "vg_" + strings.Repeat("a1", 16)
	first  = "brick_" + strings.Repeat("b2", 16)
	second = "brick_" + strings.Repeat("c3", 16)
)

func point(brick string) string  { return "/var/lib/heketi/mounts/" + group + "/" + brick }
func mapper(brick string) string { return "/dev/mapper/" + group + "-" + brick }

func TestOf(t *testing.T) {
	inGluster := func(started bool, bricks ...store.Brick) *store.Store {
		return &store.Store{Identity: store.Identity{UUID: "here"}, Volumes: []store.Volume{{Name: "v", Started: started, Bricks: bricks}}}
	}
	listed := func(brick, options string) fstab.Entry {
		return fstab.Entry{Device: mapper(brick), MountPoint: point(brick), Type: "xfs", Options: options}
	}
	for name, test := range map[string]struct {
		node *store.Store
		list []fstab.Entry
		want []Brick
	}{
		"nothing": {&store.Store{}, nil, nil},
		"in both: the list's options": {
			inGluster(true, store.Brick{Node: "here", Host: "10.9.9.1", Path: point(first) + "/brick"}), []fstab.Entry{listed(first, "rw,noatime")},
			[]Brick{{Volume: "v", Started: true, Host: "10.9.9.1", Path: point(first) + "/brick", Mount: listed(first, "rw,noatime")}},
		},
		"not in the list any more": {
			inGluster(true, store.Brick{Node: "here", Host: "10.9.9.1", Path: point(first) + "/brick"}), nil,
			[]Brick{{Volume: "v", Started: true, Host: "10.9.9.1", Path: point(first) + "/brick", Mount: listed(first, "rw,inode64,noatime,nouuid")}},
		},
		"only in the list": {
			inGluster(false, store.Brick{Node: "here", Host: "10.9.9.1", Path: point(first) + "/brick"}), []fstab.Entry{listed(second, "rw")},
			[]Brick{
				{Volume: "v", Host: "10.9.9.1", Path: point(first) + "/brick", Mount: listed(first, "rw,inode64,noatime,nouuid")},
				{Path: point(second) + "/brick", Mount: listed(second, "rw")},
			},
		},
		"another node's": {inGluster(true, store.Brick{Node: "there", Host: "10.9.9.2", Path: point(first) + "/brick"}), nil, nil},
		"no id":          {&store.Store{Volumes: inGluster(true, store.Brick{Host: "h", Path: "/b"}).Volumes}, nil, nil},
		"not heketi's": {
			inGluster(true, store.Brick{Node: "here", Host: "h", Path: "/srv/b"}), []fstab.Entry{{Device: "/dev/sdz1", MountPoint: "/mnt", Type: "ext4", Options: "rw"}},
			[]Brick{{Volume: "v", Started: true, Host: "h", Path: "/srv/b"}},
		},
		"not heketi's, but listed": {
			inGluster(true, store.Brick{Node: "here", Host: "h", Path: "/srv/m/b"}), []fstab.Entry{{Device: "/dev/sdz1", MountPoint: "/srv/m", Type: "ext4", Options: "rw"}},
			[]Brick{{Volume: "v", Started: true, Host: "h", Path: "/srv/m/b", Mount: fstab.Entry{Device: "/dev/sdz1", MountPoint: "/srv/m", Type: "ext4", Options: "rw"}}},
		},
	} {
		if got := Of(test.node, test.list); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

// TestGroups holds that LVM is asked for heketi's groups only.
func TestGroups(t *testing.T) {
	on := func(device string) Brick { return Brick{Mount: fstab.Entry{Device: device}} }
	other := "vg_" + strings.Repeat("0", 32)
	got := Groups([]Brick{on(mapper(first)), on(""), on("/dev/sdz1"), on("/dev/mapper/system-root"), on("/dev/mapper/" + other + "-" + first), on(mapper(second))})
	if want := []string{other, group}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPIDFile(t *testing.T) {
	// As glusterd 10.3 has it.
	brick := Brick{Volume: "v1", Host: "10.9.9.1", Path: "/mnt/vg_x/brick_2/brick"}
	if got, want := brick.PIDFile(), "vols/v1/10.9.9.1-mnt-vg_x-brick_2-brick.pid"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
