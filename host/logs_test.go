package host

import (
	"maps"
	"testing"
)

func TestRotate(t *testing.T) {
	folder := files(t, map[string]string{
		"glusterd.log": "larger", "glusterd.log.1": "former", "cli.log": "four", "cmd_history.txt": "larger", "bricks/b.log": "larger", "bricks/b.log.2": "larger",
	})
	for _, want := range []int{2, 0} {
		if rotated, err := rotate(folder, 4); err != nil || rotated != want {
			t.Errorf("%d logs were begun anew (%v), want %d", rotated, err, want)
		}
		after := map[string]string{
			"glusterd.log.1": "larger", "cli.log": "four", "cmd_history.txt": "larger", "bricks/b.log.1": "larger", "bricks/b.log.2": "larger",
		}
		if got := read(t, folder); !maps.Equal(got, after) {
			t.Errorf("there are %q, want %q", got, after)
		}
	}
}
