package mend_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestNothingToMend leaves what gluster has not begun, and what are no expansions.
func TestNothingToMend(t *testing.T) {
	t.Parallel()
	const left = "left for heketi: operation "
	for name, test := range map[string]struct {
		change func(*scene)
		want   string
	}{
		"gluster has no brick of it": {
			func(s *scene) { s.detach([]string{"b4", "b5", "b6"}) },
			left + id(expansion) + " (expand-volume): nothing of it is in gluster; the provisioner has it cleaned up after the start",
		},
		"gluster has no brick of it, and the volume holds block volumes": {
			func(s *scene) {
				s.detach([]string{"b4", "b5", "b6"})
				s.volume()["Info"].(tree)["block"] = true
			},
			"nothing of it is in gluster",
		},
		"another kind of operation": {
			func(s *scene) { s.operation()["Type"] = 2 },
			left + id(expansion) + " (delete-volume): it is no expansion of a volume",
		},
		"an unknown kind of operation": {
			func(s *scene) { s.operation()["Type"] = 10 },
			left + id(expansion) + " (type 10): it is no expansion of a volume",
		},
		"no operation": {
			func(s *scene) { delete(s.all("pendingoperations"), id(expansion)) },
			"nothing to mend",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			test.change(s)
			result, err := s.mend(t)
			if err != nil || result.Database != nil {
				t.Fatalf("it mended, error %v", err)
			}
			if got := result.String(); !strings.Contains(got, test.want) || !strings.HasSuffix(got, "nothing to mend: no expansion has all of its bricks in gluster\n") {
				t.Errorf("it says %q, want %q and that nothing is to be mended", got, test.want)
			}
		})
	}
}

// TestWhatRemainsToBeDone tells it for each host.
func TestWhatRemainsToBeDone(t *testing.T) {
	t.Parallel()
	line := func(brick, device, options string) string {
		return fmt.Sprintf("    /dev/mapper/vg_%s-brick_%s /var/lib/heketi/mounts/vg_%[1]s/brick_%s xfs %s 1 2\n", id(device), id(brick), options)
	}
	const ofOthers, heketis = "rw,inode64,noatime,nouuid,discard", "rw,inode64,noatime,nouuid"
	for name, test := range map[string]struct {
		change func(*scene)
		want   string
	}{
		"lines are missing": {
			func(s *scene) {
				s.host(host1).unmount("b4")
				s.host(host3).unmount("b6")
			},
			"to do on storage host 192.168.10.1: add these lines to its fstab, and mount the folders that are not mounted\n" + line("b4", "d1", ofOthers) +
				"to do on storage host 192.168.10.3: add these lines to its fstab, and mount the folders that are not mounted\n" + line("b6", "d3", ofOthers),
		},
		"all lines of a host are missing": {
			func(s *scene) { s.host(host1).mounts = []tree{} },
			"to do on storage host 192.168.10.1: add these lines to its fstab, and mount the folders that are not mounted\n" +
				line("b1", "d1", heketis) + line("b4", "d1", heketis),
		},
		"a folder is not mounted": {
			func(s *scene) { s.host(host1).mounts[1]["Mounted"] = false },
			fmt.Sprintf("to do on storage host 192.168.10.1: mount these folders, which its fstab has\n    /var/lib/heketi/mounts/vg_%s/brick_%s\n", id("d1"), id("b4")),
		},
		"LVM does not tell, but all is mounted": {
			func(s *scene) { s.host(host1).logical = nil },
			"",
		},
		"LVM does not tell": {
			func(s *scene) {
				s.host(host1).logical = nil
				s.host(host1).unmount("b4")
			},
			fmt.Sprintf("to do on storage host 192.168.10.1: heketi could not list its logical volumes; see with \"lvs\" that these exist, and do not start heketi if one is missing\n    vg_%s/brick_%s\n", id("d1"), id("b4")) +
				"to do on storage host 192.168.10.1: add these lines to its fstab, and mount the folders that are not mounted\n" + line("b4", "d1", ofOthers),
		},
		"what is missing is another volume's": {
			func(s *scene) { s.host(host1).unmount("b7") },
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			test.change(s)
			result, err := s.mend(t)
			if err != nil {
				t.Fatal(err)
			}
			if _, got, _ := strings.Cut(result.String(), "b6"+strings.Repeat("0", 30)+"/brick\n"); got != test.want {
				t.Errorf("it says\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
