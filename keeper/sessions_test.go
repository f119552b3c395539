package keeper

import (
	"slices"
	"testing"
)

func TestSessionsAreReadAsTheyAreWritten(t *testing.T) {
	file := sessions{t.TempDir()}
	for _, want := range []list{nil, {"first"}, {"first", "second"}, {"third"}} {
		if want != nil {
			if err := file.write(want); err != nil {
				t.Fatal(err)
			}
		}
		got, err := file.read()
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
		if got.has("") || got.has("fourth") || len(want) > 0 && !got.has(want[0]) {
			t.Errorf("%q does not tell what it has", got)
		}
	}
}
