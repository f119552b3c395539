package e2e

import "testing"

// TestClaims runs, side by side, what leaves the hosts, heketi and the node alone.
func TestClaims(t *testing.T) {
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"VolumeIsFull", testVolumeIsFull},
		{"GrowingHidesNoFile", testGrowingHidesNoFile},
		{"VolumeTypes", testVolumeTypes},
		{"Walkthrough", testWalkthrough},
		{"StatefulSet", testStatefulSet},
		{"Retain", testRetain},
		{"PodsShareAVolume", testPodsShareAVolume},
		{"ReadOnlyMany", testReadOnlyMany},
		{"LongestNames", testLongestNames},
		{"MountOptions", testMountOptions},
		{"VolumeIsTakenOver", testVolumeIsTakenOver},
		{"VolumeIsConverted", testVolumeIsConverted},
		{"KubectlGlusterfs", testKubectlGlusterfs},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t)
		})
	}
}
