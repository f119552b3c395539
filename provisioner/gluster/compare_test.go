package gluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// told is a difference as the tests write it: kind, volume, host.
func told(d Difference) string {
	return strings.Trim(fmt.Sprintf("%s %s %s", d.Kind, d.Volume, d.Host), " ")
}

func TestCompare(t *testing.T) {
	for what, test := range map[string]struct {
		change func(*world)
		want   []string
		// said is what the first difference's detail says.
		said string
	}{
		"all as it should be": {change: func(*world) {}},
		"a volume that only heketi has": {
			(*world).noVolume, []string{"only-in-heketi vol"}, "delete it in heketi",
		},
		"a volume that one host does not know": {change: func(w *world) { w.hosts[0].Volumes = []Volume{} }},
		"a volume that only heketi has, as far as is known": {
			func(w *world) { w.noVolume(); w.hosts[1].Volumes = nil }, []string{"silent-host  host-2"}, "nothing is concluded",
		},
		"a volume that only gluster has": {
			func(w *world) {
				delete(w.database.Volumes, "v1")
				w.hosts[1].LogicalVolumes, w.hosts[2].LogicalVolumes = nil, nil
			}, []string{"only-in-gluster vol"}, "3 bricks that were made by heketi",
		},
		"a volume that somebody made beside heketi": {change: func(w *world) {
			w.hosts[0].Volumes = append(w.hosts[0].Volumes, Volume{Name: "mine", Status: "Stopped", Bricks: []Brick{{"host-1", "/data/brick"}}})
		}},
		"a volume that is stopped": {
			func(w *world) {
				for i := range w.hosts {
					w.hosts[i].Volumes[0].Status = "Stopped"
				}
			}, []string{"stopped vol"}, "gluster volume start vol",
		},
		"an expansion that gluster has": {
			func(w *world) { w.expanding(); w.inGluster(4, 5, 6) }, []string{"half-done vol"}, "docs/mending.md",
		},
		"an expansion that gluster has, whose line heketi has removed": {
			func(w *world) {
				w.expanding()
				w.inGluster(4, 5, 6)
				w.hosts[1].Mounts = w.hosts[1].Mounts[:1]
			}, []string{"half-done vol", "no-fstab-line vol host-2"}, "",
		},
		"an expansion that gluster does not have": {change: (*world).expanding},
		"an expansion under way": {change: func(w *world) {
			w.expanding()
			w.inGluster(4, 5, 6)
			operation := w.database.Operations["op"]
			operation.Status = ""
			w.database.Operations["op"] = operation
		}},
		"a create under way": {change: func(w *world) {
			w.pendingFor(CreateVolume)
			w.noVolume()
			operation := w.database.Operations["op"]
			operation.Status = ""
			w.database.Operations["op"] = operation
		}},
		"a brick that heketi does not have": {
			func(w *world) { w.inGluster(9) }, []string{"unknown-brick vol"}, "host-3:" + brickPath(9),
		},
		"a brick that gluster does not have": {
			func(w *world) {
				for i := range w.hosts {
					w.hosts[i].Volumes[0].Bricks = w.hosts[i].Volumes[0].Bricks[:2]
				}
			}, []string{"missing-brick vol"}, brickPath(3),
		},
		"a brick without a line in fstab": {
			func(w *world) { w.hosts[2].Mounts = []Mount{} }, []string{"no-fstab-line vol host-3"},
			"/dev/mapper/vg_d3-brick_b3 /var/lib/heketi/mounts/vg_d3/brick_b3 xfs rw,inode64,noatime,nouuid 1 2",
		},
		"a brick that is not mounted": {
			func(w *world) { w.hosts[2].Mounts[0].Mounted = false }, []string{"not-mounted vol host-3"}, "mount /var/lib/heketi/mounts/vg_d3/brick_b3",
		},
		"files that gluster would hide if the volume grew": {change: func(w *world) { w.setOptions(nil) }},
		"files that gluster may hide": {
			func(w *world) {
				w.setOptions(map[string]string{LookupOptimize: "on"})
				w.addBricks("", 4)
				w.inGluster(4, 5, 6)
			}, []string{"hides-files vol"}, "gluster volume set vol cluster.lookup-optimize off",
		},
		"a logical volume too many": {
			func(w *world) {
				w.hosts[0].LogicalVolumes = append(w.hosts[0].LogicalVolumes, LogicalVolume{"vg_d1", "brick_b99"}, LogicalVolume{"vg_d1", "tp_b99"})
			}, []string{"stray-lv  host-1", "stray-lv  host-1"}, "lvremove vg_d1/brick_b99",
		},
		"logical volumes that are not heketi's": {change: func(w *world) {
			w.hosts[0].LogicalVolumes = append(w.hosts[0].LogicalVolumes,
				LogicalVolume{"debian", "root"}, LogicalVolume{"vg_other", "brick_b99"}, LogicalVolume{"vg_d1", "mine"})
		}},
		"hosts without LVM's reports": {change: func(w *world) { w.hosts[0].LogicalVolumes = nil }},
		"a host that is silent": {
			func(w *world) { w.hosts[0].Volumes, w.hosts[0].Mounts, w.hosts[0].LogicalVolumes = nil, nil, nil }, []string{"silent-host  host-1"}, "",
		},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld()
			test.change(w)
			found := w.state(t).Compare()
			var got []string
			for _, difference := range found {
				got = append(got, told(difference))
			}
			if !slices.Equal(got, test.want) {
				t.Fatalf("got %q, want %q", got, test.want)
			}
			if len(found) > 0 && !strings.Contains(found[0].Detail, test.said) {
				t.Errorf("got detail %q, want one with %q", found[0].Detail, test.said)
			}
			for _, difference := range found {
				if !slices.Contains(Kinds(), difference.Kind) || difference.Cluster != "c1" {
					t.Errorf("got %+v", difference)
				}
			}
		})
	}
}

func TestLasting(t *testing.T) {
	stray := Difference{Kind: StrayLV, Host: "host-1", Detail: "a"}
	silent := Difference{Kind: SilentHost, Host: "host-2"}
	if got := Lasting([]Difference{stray}, []Difference{stray, silent, {Kind: Stopped}}); !slices.Equal(got, []Difference{stray, silent}) {
		t.Errorf("got %v", got)
	}
	if got := Lasting([]Difference{stray, silent}, nil); len(got) > 0 {
		t.Errorf("got %v, want nothing", got)
	}
}
