package making

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"glusterfs-provisioner/provisioner/journal"
)

// states are those that a record may be in, and how it comes there.
var states = map[string]func(*testing.T, *world, journal.Entry){
	"begun": func(t *testing.T, w *world, e journal.Entry) { w.begin(t, e) },
	"begun, may arrive": func(t *testing.T, w *world, e journal.Entry) {
		w.begin(t, e)
		w.GivenUp(e.ClaimUID)
	},
	"handed over": func(t *testing.T, w *world, e journal.Entry) {
		w.begin(t, e)
		w.HandOver(e.ClaimUID, time.Now())
	},
	"saved": func(t *testing.T, w *world, e journal.Entry) {
		w.begin(t, e)
		w.HandOver(e.ClaimUID, time.Now())
		w.SawPersistentVolume(w.save(t, e, e.Volume))
	},
	"saved, may arrive": func(t *testing.T, w *world, e journal.Entry) {
		w.begin(t, e)
		w.GivenUp(e.ClaimUID)
		w.HandOver(e.ClaimUID, time.Now())
		w.SawPersistentVolume(w.save(t, e, e.Volume))
	},
}

// happenings are what may come of it, each looked at once afterwards.
var happenings = map[string]func(*testing.T, *world, journal.Entry){
	"nothing": func(*testing.T, *world, journal.Entry) {},
	"time":    func(*testing.T, *world, journal.Entry) { time.Sleep(lateness) },
	"the claim goes": func(t *testing.T, w *world, e journal.Entry) {
		w.removeClaim(t, e)
	},
	"the claim goes, time": func(t *testing.T, w *world, e journal.Entry) {
		w.removeClaim(t, e)
		time.Sleep(lateness)
	},
	"the claim is made again": func(t *testing.T, w *world, e journal.Entry) {
		again := e
		again.ClaimUID = "another"
		w.addClaim(t, again, "")
		time.Sleep(lateness)
	},
	"the claim gets another": func(t *testing.T, w *world, e journal.Entry) {
		w.addClaim(t, e, "by-hand")
		time.Sleep(lateness)
	},
	"another's has the name": func(t *testing.T, w *world, e journal.Entry) {
		time.Sleep(lateness)
		if r, _ := w.get(e.ClaimUID); r.state != Saved {
			w.SawPersistentVolume(w.save(t, e, ""))
		}
	},
	"heketi has nothing": func(t *testing.T, w *world, e journal.Entry) {
		delete(w.inHeketi, e.Volume)
		if err := w.End(t.Context(), e.ClaimUID); err != nil {
			t.Error(err)
		}
	},
	"restart": func(t *testing.T, w *world, e journal.Entry) { w.resume(t, e) },
	"restart, the claim goes, time": func(t *testing.T, w *world, e journal.Entry) {
		w.resume(t, e)
		w.removeClaim(t, e)
		time.Sleep(lateness)
	},
	"restart, time": func(t *testing.T, w *world, e journal.Entry) {
		w.resume(t, e)
		time.Sleep(lateness)
	},
}

// resume is what the next leader does.
func (w *world) resume(t *testing.T, e journal.Entry) {
	t.Helper()
	w.restart()
	entries, err := w.journal.List(t.Context())
	if err != nil || len(entries) != 1 {
		t.Fatalf("the next leader finds %v, %v", entries, err)
	}
	if w.isSaved(e) {
		w.gids.Hold(e.ClaimUID, e.GID)
	}
	if err := w.Resume(entries[0]); err != nil {
		t.Error(err)
	}
}

const (
	all    = ", in heketi, GID taken"
	undone = "nothing"
	ended  = "nothing" + all
)

// TestTransitions has each happen in each state. What is left in the end is the record's
// state, the volume in heketi, and its GID, which a PersistentVolume holds that is saved.
func TestTransitions(t *testing.T) {
	want := map[string]map[string]string{
		"begun": {
			"nothing": "begun" + all, "time": "begun" + all, "heketi has nothing": undone,
			"the claim goes": undone, "the claim goes, time": undone, "the claim is made again": undone,
			"the claim gets another": undone, "another's has the name": undone,
			"restart": "begun" + all, "restart, time": "begun" + all, "restart, the claim goes, time": undone,
		},
		"begun, may arrive": {
			"nothing": "begun" + all, "time": "begun" + all, "heketi has nothing": undone,
			// The volume is deleted, and may be made anew by what arrives.
			"the claim goes":       "begun, GID taken",
			"the claim goes, time": undone, "the claim is made again": undone,
			"the claim gets another": undone, "another's has the name": undone,
			"restart": "begun" + all, "restart, time": "begun" + all, "restart, the claim goes, time": undone,
		},
		"handed over": {
			"nothing": "handed over" + all, "time": "handed over" + all, "heketi has nothing": undone,
			// The library saves the PersistentVolume all the same, and deletes it then.
			"the claim goes": "handed over" + all, "the claim goes, time": "handed over" + all, "the claim is made again": "handed over" + all,
			"the claim gets another": "handed over" + all, "another's has the name": undone,
			"restart": "begun" + all, "restart, time": "begun" + all, "restart, the claim goes, time": undone,
		},
		"saved": {
			"nothing": ended, "time": ended, "the claim goes": ended, "the claim goes, time": ended,
			"the claim is made again": ended, "the claim gets another": ended, "another's has the name": ended,
			"heketi has nothing": "nothing, GID taken",
			"restart":            "begun" + all, "restart, time": ended, "restart, the claim goes, time": ended,
		},
		"saved, may arrive": {
			"nothing": "saved" + all, "time": ended, "the claim goes": "saved" + all, "the claim goes, time": ended,
			"the claim is made again": ended, "the claim gets another": ended, "another's has the name": ended,
			"heketi has nothing": "nothing, GID taken",
			"restart":            "begun" + all, "restart, time": ended, "restart, the claim goes, time": ended,
		},
	}
	for state, reach := range states {
		for happening, happen := range happenings {
			t.Run(state+"/"+happening, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w, e := newWorld(), entryOf("c1")
					defer w.shutDown()
					reach(t, w, e)
					happen(t, w, e)
					err := w.look(t.Context(), e.ClaimUID)
					if _, late := errors.AsType[*MayArriveError](err); err != nil && !late {
						t.Error(err)
					}
					if got, want := w.left(t, e), want[state][happening]; got != want {
						t.Errorf("left is %q, want %q", got, want)
					}
				})
			})
		}
	}
}
