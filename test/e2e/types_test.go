package e2e

import (
	"fmt"
	"strings"
	"testing"

	storagev1 "k8s.io/api/storage/v1"
)

// testVolumeTypes makes a volume of each type that three hosts suffice for, looks
// at it with gluster, and writes to them all.
func testVolumeTypes(t *testing.T) {
	makeNamespace(t, "types")
	tests := []struct {
		name       string
		gib        int
		parameters parameters
		want       []string
	}{
		{"two", 1, parameters{"volumetype": "replicate:2"}, []string{"Type: Replicate", "Number of Bricks: 1 x 2 = 2"}},
		{"three", 1, parameters{"volumetype": "replicate:3"}, []string{"Type: Replicate", "Number of Bricks: 1 x 3 = 3"}},
		{"none", 1, parameters{"volumetype": "none"}, []string{"Type: Distribute", "Number of Bricks: 1"}},
		// The arbiter's brick has a 64th, and XFS wants 300 MiB.
		{"arbiter", 20, parameters{"volumeoptions": "user.heketi.arbiter true"}, []string{"Type: Replicate", "Number of Bricks: 1 x (2 + 1) = 3", "(arbiter)"}},
		// heketi makes no brick of less than 1 GiB.
		{"disperse", 2, parameters{"volumetype": "disperse:2:1"}, []string{"Type: Disperse", "Number of Bricks: 1 x (2 + 1) = 3"}},
		{"options", 1, parameters{"volumeoptions": "performance.cache-size 64MB, nfs.disable on"}, []string{"performance.cache-size: 64MB"}},
	}
	var claims []string
	for _, test := range tests {
		makeClass(t, "type-"+test.name, test.parameters)
		makeClaim(t, claim{namespace: "types", name: test.name, class: "type-" + test.name, gib: int64(test.gib)})
		claims = append(claims, test.name)
	}
	startPod(t, "types", "writer", claims...)
	for i, test := range tests {
		volumeOf(t, "types", test.name).checkIs(t, test.want...)
		if got := shell(t, "types/writer", fmt.Sprintf("echo %s > /%d/type && cat /%d/type", test.name, i+1, i+1)); got != test.name {
			t.Errorf("the pod reads %q from the volume of type %s", got, test.name)
		}
		checkSize(t, shell(t, "types/writer", fmt.Sprintf("df -k -P /%d", i+1)), test.gib)
	}
}

// TestDispersedOverSixDisks adds three hosts: heketi puts each brick of a set on
// another one.
func TestDispersedOverSixDisks(t *testing.T) {
	for len(nodesOfHeketi(t)) < 6 {
		addHost(t, 1)
	}
	makeClass(t, "dispersed", parameters{"volumetype": "disperse:4:2"})
	makeNamespace(t, "dispersed")
	makeClaim(t, claim{namespace: "dispersed", name: "wide", class: "dispersed", gib: 4})
	startPod(t, "dispersed", "writer", "wide")
	volumeOf(t, "dispersed", "wide").checkIs(t, "Type: Disperse", "Number of Bricks: 1 x (4 + 2) = 6")
	if got := shell(t, "dispersed/writer", "echo spread > /1/it && cat /1/it"); got != "spread" {
		t.Errorf("the pod reads %q", got)
	}
}

// testMountOptions looks at a mount in a pod whose class has options.
func testMountOptions(t *testing.T) {
	makeClass(t, "mounted", nil, func(class *storagev1.StorageClass) {
		class.MountOptions = []string{"noexec", "nodev"}
	})
	makeNamespace(t, "mounting")
	makeClaim(t, claim{namespace: "mounting", name: "data", class: "mounted"})
	startPod(t, "mounting", "shell", "data")
	mount := shell(t, "mounting/shell", "grep ' /1 ' /proc/mounts")
	for _, option := range []string{"noexec", "nodev"} {
		if !strings.Contains(mount, option) {
			t.Errorf("the pod's mount is %q, want the option %s", mount, option)
		}
	}
}
