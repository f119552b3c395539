package leftovers

import (
	"testing"

	"glusterfs-provisioner/node/mount"
	"glusterfs-provisioner/node/processes"
)

// TestSurplus counts the clients that no mount can have, on kernels that say what a client
// serves and on those that do not.
func TestSurplus(t *testing.T) {
	mounts := []mount.Mount{{Path: "/a", Connection: 40}, {Path: "/pod", Connection: 40}, {Path: "/b", Connection: 41}}
	for name, test := range map[string]struct {
		clients []processes.Client
		want    int
	}{
		"none":                      {nil, 0},
		"each has its mount":        {[]processes.Client{{Target: "/a", Connection: 40}, {Target: "/b", Connection: 41}}, 0},
		"one of an earlier mount":   {[]processes.Client{{Target: "/a", Connection: 40}, {Target: "/a", Connection: 39}}, 1},
		"untold, each has a mount":  {[]processes.Client{{Target: "/a"}, {Target: "/b"}}, 0},
		"untold, two for one mount": {[]processes.Client{{Target: "/a"}, {Target: "/a"}, {Target: "/b"}}, 1},
		"untold, none is there":     {[]processes.Client{{Target: "/a"}, {Target: "/b"}, {Target: "/c"}}, 1},
		"untold, a pod has it":      {[]processes.Client{{Target: "/a"}, {Target: "/c"}}, 0},
	} {
		if got := surplus(test.clients, mounts); got != test.want {
			t.Errorf("%s: %d are too many, want %d", name, got, test.want)
		}
	}
}
