package resize

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestSinceWhenClaimsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &Resizer{suspected: map[string]struct{}{}, waiting: map[string]time.Time{}}
		begun := time.Now()
		r.waits("first")
		time.Sleep(time.Hour)
		r.waits("second")
		r.waits("first") // tried again
		if since := r.WaitingSince(); !since.Equal(begun) || r.Waiting() != 2 {
			t.Errorf("%d wait since %v, want 2 since %v", r.Waiting(), since, begun)
		}
		r.done("first")
		if since := r.WaitingSince(); !since.Equal(begun.Add(time.Hour)) {
			t.Errorf("they wait since %v, want an hour later", since)
		}
		r.waitsNoMore("second")
		if since := r.WaitingSince(); !since.IsZero() {
			t.Errorf("they wait since %v, and none does", since)
		}
	})
}
