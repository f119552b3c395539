package documented

import (
	"slices"
	"testing"

	"glusterfs-provisioner/cmd/serving"
)

// Checks holds docs/metrics.md against the checks of a sort of process, both ways.
func Checks(t *testing.T, all serving.Checks, by string) {
	t.Helper()
	var has, told []string
	for path, checks := range map[string][]serving.Check{"/livez": all.Live, "/readyz": all.Ready} {
		for _, check := range checks {
			has = append(has, path+" `"+check.Name+"`")
		}
	}
	for _, row := range Table(t, "metrics.md", "program", "path", "check", "it fails") {
		if row["program"] == by {
			told = append(told, Words(row["path"])[0]+" "+row["check"])
		}
	}
	slices.Sort(has)
	slices.Sort(told)
	if !slices.Equal(has, told) {
		t.Errorf("docs/metrics.md tells of %q, and there are %q", told, has)
	}
}
