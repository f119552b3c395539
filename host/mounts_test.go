package host

import (
	"maps"
	"slices"
	"testing"
)

func TestParseMountInfo(t *testing.T) {
	const text = `36 35 98:0 / /b/1 rw,noatime master:1 - xfs /dev/mapper/vg_a-brick_b rw
37 35 0:5 / /x\040y rw - tmpfs tmpfs rw
38 35 0:6 / /b/2 ro - tmpfs brick-is-not-mounted ro
39 35 0:7 / /b/3 ro - tmpfs brick-is-not-mounted ro
40 39 98:1 / /b/3 rw shared:2 master:3 - xfs /dev/loop1 rw
41 35 0:5 / /cut rw
cut
`
	got := parseMountInfo(text)
	want := mounts{"/b/1": "/dev/mapper/vg_a-brick_b", "/x y": "tmpfs", "/b/2": coverSource, "/b/3": "/dev/loop1"}
	if !maps.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for point, want := range map[string]bool{"/b/1": true, "/b/2": false, "/b/3": true, "/b/4": false} {
		if got.has(point) != want {
			t.Errorf("%s is mounted: %v, want %v", point, !want, want)
		}
	}
	if below, want := got.below("/b"), []string{"/b/1", "/b/2", "/b/3"}; !slices.Equal(below, want) {
		t.Errorf("below are %q, want %q", below, want)
	}
}
