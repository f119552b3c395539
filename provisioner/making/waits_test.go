package making

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestASavedVolumeTellsForHowLongItsClaimWaited sees the PersistentVolume twice, and also one
// that somebody else has made.
func TestASavedVolumeTellsForHowLongItsClaimWaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, entry, byHand := newWorld(), entryOf("c1"), entryOf("c2")
		defer w.shutDown()
		claimed := time.Now()
		time.Sleep(time.Minute)
		w.begin(t, entry)
		if since := w.OldestSince(); !since.Equal(time.Now()) {
			t.Errorf("the oldest is in the making since %v, want now", since)
		}
		time.Sleep(time.Minute)
		w.HandOver(entry.ClaimUID, claimed)
		time.Sleep(time.Second)
		pv := w.save(t, entry, entry.Volume)
		w.SawPersistentVolume(pv)
		w.SawPersistentVolume(pv)
		byHand.GID++
		w.begin(t, byHand)
		w.SawPersistentVolume(w.save(t, byHand, byHand.Volume))
		if want := []string{"slow 2m1s"}; !slices.Equal(w.savedAfter, want) {
			t.Errorf("told %q, want %q", w.savedAfter, want)
		}
		if since := w.OldestSince(); !since.Equal(claimed.Add(time.Minute)) {
			t.Errorf("the oldest is in the making since %v, want when it was begun", since)
		}
		for _, e := range []string{"c1", "c2"} {
			if err := w.End(t.Context(), entryOf(e).ClaimUID); err != nil {
				t.Fatal(err)
			}
		}
		if since := w.OldestSince(); !since.IsZero() {
			t.Errorf("the oldest is in the making since %v, and none is", since)
		}
	})
}
