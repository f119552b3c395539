package resize

import (
	"strings"
	"testing"
)

// A volume that is smaller than it should be is not recorded. The error says what of it is
// too small for what.
func TestSmallerVolumesAreNotRecorded(t *testing.T) {
	for what, test := range map[string]struct {
		requested         string
		wantedGiB, hasGiB int
		want              string
	}{
		"than the PersistentVolume says":                     {"5Gi", 0, 4, "the volume has 4Gi, but the PersistentVolume says 5Gi"},
		"than the PersistentVolume says, and the claim asks": {"7Gi", 7, 4, "the volume has 4Gi, but the PersistentVolume says 5Gi"},
		"than the claim asks":                                {"7Gi", 7, 6, "the volume has 6Gi, but was to grow to 7 GiB"},
	} {
		pv, claim := bound("5Gi", test.requested, "5Gi")
		err := (&Resizer{}).record(t.Context(), pair{pv, claim}, test.wantedGiB, test.hasGiB)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got error %v, want one that says %q", what, err, test.want)
		}
	}
}
