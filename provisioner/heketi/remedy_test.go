package heketi

import "testing"

// TestSizesThatAreTooSmall has the remedy stand behind what heketi says.
func TestSizesThatAreTooSmall(t *testing.T) {
	for text, want := range map[string]string{
		"Requested volume size (1 GB) is smaller than the minimum supported volume size (4194304)": "Requested volume size (1 GB) is smaller than the minimum supported volume size (4194304); these are KiB, so request 4Gi or more",
		"Requested volume size (1 GB) is smaller than the minimum supported volume size (1048577)": "Requested volume size (1 GB) is smaller than the minimum supported volume size (1048577); these are KiB, so request 2Gi or more",
		"Filesystem must be larger than 300MB. Usage: mkfs.xfs /* blocksize */ [-b size=num]":      "Filesystem must be larger than 300MB.; a brick would be smaller, so request more; that of an arbiter is the smallest",
		"mkfs.xfs: /dev/vg_1/brick_1 is busy":                                                      "mkfs.xfs: /dev/vg_1/brick_1 is busy",
		"No space":                                                                                 "No space",
	} {
		if got := withRemedy(text); got != want {
			t.Errorf("%q:\n got %q\nwant %q", text, got, want)
		}
	}
}
