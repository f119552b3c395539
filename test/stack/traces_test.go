package stack

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// traces are commands that print what GlusterFS and heketi would leave on a machine. That glusterd remembers who it
// is, as the page tells, is not among it.
var traces = map[string]string{
	"the volumes and peers of glusterd": "find /var/lib/glusterd/vols /var/lib/glusterd/peers -mindepth 1 2> /dev/null | sort",
	"the bricks of heketi":              "find /var/lib/heketi/mounts -mindepth 1 2> /dev/null | sort; cat /var/lib/heketi/fstab 2> /dev/null",
	"the disks of LVM":                  "lvm pvs --reportformat=json --units=k",
	"the volume groups":                 "lvm vgs --reportformat=json --units=k",
	"the logical volumes":               "lvm lvs --reportformat=json --units=k",
	"the volumes' files":                "ls /var/lib/heketi/lvm-*; ls /dev/mapper",
	"the mounts":                        "awk '{print $2}' /proc/self/mounts | grep -e heketi/ -e glusterfs- -e brick -e /dev/mapper/ | sort",
	// A preflight comes and goes, as kubelet tries it again.
	"the processes of gluster": "ps -e -o comm=,args= | awk '$1 ~ /gluster/ && !/glusterfs-host preflight/ { print $1 }' | sort",
	"the beginnings of disks":  "for disk in /dev/sdb /dev/sdc; do head -c 1M $disk | sha256sum; done",
}

// tracesOf returns what each command prints on each machine.
func tracesOf(ctx context.Context) (map[string]string, error) {
	found := map[string]string{}
	for _, m := range env.machines {
		for name, command := range traces {
			output, err := m.Run(ctx, command+" || true")
			if err != nil {
				return nil, err
			}
			found[name+" of "+m.name] = output
		}
	}
	return found, nil
}

// leavesTheMachinesAsTheyWere checks in the end that the machines have what they had before, and nothing else.
func leavesTheMachinesAsTheyWere(t *testing.T) (check func()) {
	t.Helper()
	before, err := tracesOf(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		err := bench.UntilEvery(t.Context(), pace, patience, func(ctx context.Context) error {
			after, err := tracesOf(ctx)
			if err != nil {
				return err
			}
			var differs []string
			for _, name := range slices.Sorted(maps.Keys(before)) {
				if after[name] != before[name] {
					differs = append(differs, fmt.Sprintf("%s: %q, before %q", name, after[name], before[name]))
				}
			}
			if len(differs) > 0 {
				return fmt.Errorf("the machines have not what they had: %s", strings.Join(differs, "; "))
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
