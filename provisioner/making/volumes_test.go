package making

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

// run plays with all the workers at work.
func run(t *testing.T, play func(*testing.T, *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			w.Run(ctx)
		}()
		play(t, w)
		stop()
		<-done
	})
}

// TestNoEventHasToBeSeen has a claim go without a word.
func TestNoEventHasToBeSeen(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		entry := entryOf("c1")
		w.begin(t, entry)
		w.removeClaim(t, entry)
		time.Sleep(reviewPace + ending)
		if got := w.left(t, entry); got != undone {
			t.Errorf("after %v left is %q", reviewPace, got)
		}
	})
}

// TestSlowUndoingHoldsUpNoEnding has a heketi that does not answer.
func TestSlowUndoingHoldsUpNoEnding(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		w.heketiAnswers = make(chan struct{})
		for i := range 2 * reviewers {
			entry := entryOf(fmt.Sprintf("slow-%d", i))
			entry.GID += uint32(i)
			w.begin(t, entry)
			w.removeClaim(t, entry)
			w.Review(entry.ClaimUID)
		}
		synctest.Wait()
		saved := entryOf("saved")
		saved.GID = 3000
		w.begin(t, saved)
		w.SawPersistentVolume(w.save(t, saved, saved.Volume))
		time.Sleep(ending)
		if _, open := w.Find(saved.ClaimUID); open {
			t.Error("the record of a saved volume waits for others that are undone")
		}
		close(w.heketiAnswers)
		time.Sleep(20 * ending) // They are more than go to one heketi at a time.
		if got := w.Len(); got != 0 {
			t.Errorf("%d are left", got)
		}
	})
}

// TestAnAdministratorCanGiveUp has a heketi that is gone for good, in whatever way that shows.
func TestAnAdministratorCanGiveUp(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		entry := entryOf("c1")
		w.begin(t, entry)
		w.heketiFails = errors.New("no such host")
		w.removeClaim(t, entry)
		w.Review(entry.ClaimUID)
		synctest.Wait()
		if len(w.events) == 0 || !strings.Contains(w.events[0], "VolumeNotUndone") ||
			!strings.Contains(w.events[0], "no such host; bring that heketi back, see docs/moving.md if it has moved, or, if it is gone for good, remove the entry: kubectl patch configmap ") {
			t.Errorf("events %q", w.events)
		}
		name := w.journal.Reference(entry.ClaimUID).Name
		if err := w.client.CoreV1().ConfigMaps(namespace).Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5*time.Minute + ending)
		if got := w.left(t, entry); got != "nothing, in heketi" || w.endpointsGone != 1 {
			t.Errorf("left is %q, and Endpoints were removed %d times", got, w.endpointsGone)
		}
	})
}

// TestARecordFollowsItsHeketi writes another heketi into the journal, as the command move-heketi
// does. What cannot be undone in the first is undone there, and a look at it finds it.
func TestARecordFollowsItsHeketi(t *testing.T) {
	run(t, func(t *testing.T, w *world) {
		entry, other := entryOf("c1"), entryOf("c2")
		other.GID++
		w.begin(t, entry)
		w.begin(t, other)
		w.heketiFails, w.failsAt = errors.New("no such host"), entry.Heketi.URL
		now := volume.Heketi{URL: "http://new:8080", User: "admin", Secret: &volume.SecretRef{Namespace: "storage", Name: "heketi"}}
		command := journal.New(w.client.CoreV1(), namespace, provisioner)
		err := command.Change(t.Context(), func(e journal.Entry) journal.Entry {
			e.Heketi = now
			return e
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := w.Reread(t.Context(), other.ClaimUID); err != nil || !reflect.DeepEqual(got.Heketi, now) {
			t.Errorf("after a look it has heketi %+v, %v", got.Heketi, err)
		}
		w.removeClaim(t, entry)
		w.Review(entry.ClaimUID)
		synctest.Wait()
		if len(w.events) == 0 || !strings.Contains(w.events[0], "the journal has heketi http://new:8080 for it by now") {
			t.Errorf("events %q", w.events)
		}
		time.Sleep(5*time.Minute + ending)
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.inHeketi[entry.Volume] || w.Len() != 1 {
			t.Errorf("that it is in heketi is %v, and %d records are left, want the other's alone", w.inHeketi[entry.Volume], w.Len())
		}
	})
}

// TestHandedOverMeanwhile hands a volume over between the look at its record and the
// undoing that is due by then.
func TestHandedOverMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, entry := newWorld(), entryOf("c1")
		defer w.shutDown()
		w.begin(t, entry)
		w.removeClaim(t, entry)
		if err := w.review(t.Context(), entry.ClaimUID); err != nil || w.undoings.Len() != 1 {
			t.Fatalf("%d are to be undone, %v", w.undoings.Len(), err)
		}
		w.HandOver(entry.ClaimUID, time.Now())
		if err := w.abandon(t.Context(), entry.ClaimUID); err != nil {
			t.Error(err)
		}
		if got := w.left(t, entry); got != "handed over"+all || w.Unsaved() != 1 {
			t.Errorf("left is %q, unsaved are %d", got, w.Unsaved())
		}
	})
}

// TestNothingIsUndoneBehindACache has caches that are behind the API server, and one that
// cannot be asked.
func TestNothingIsUndoneBehindACache(t *testing.T) {
	for what, change := range map[string]func(*testing.T, *world){
		"the claim exists": func(t *testing.T, w *world) {
			found, _, _ := w.claims.GetByKey("apps/c1")
			_ = w.claims.Delete(found)
		},
		"it is saved": func(t *testing.T, w *world) {
			w.removeClaim(t, entryOf("c1"))
			_ = w.saved.Delete(w.save(t, entryOf("c1"), "pvc-c1"))
		},
		"somebody works on it": func(t *testing.T, w *world) {
			w.removeClaim(t, entryOf("c1"))
			w.lockedByOthers["c1"] = true
		},
		"the API server is away": func(t *testing.T, w *world) {
			w.removeClaim(t, entryOf("c1"))
			w.client.PrependReactor("get", "persistentvolumes", func(clienttesting.Action) (bool, runtime.Object, error) {
				return true, nil, apierrors.NewTimeoutError("away", 0)
			})
		},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, entry := newWorld(), entryOf("c1")
				defer w.shutDown()
				w.begin(t, entry)
				change(t, w)
				err := w.look(t.Context(), entry.ClaimUID)
				if away := what == "the API server is away"; (err != nil) != away {
					t.Error(err)
				}
				if got := w.left(t, entry); got != "begun"+all {
					t.Errorf("left is %q", got)
				}
			})
		})
	}
}

// TestTheReservationEndsWithTheRecord saves a PersistentVolume with another GID than was
// reserved.
func TestTheReservationEndsWithTheRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, entry := newWorld(), entryOf("c1")
		defer w.shutDown()
		w.begin(t, entry)
		entry.GID++
		pv := w.save(t, entry, entry.Volume)
		w.SawPersistentVolume(pv)
		if err := w.look(t.Context(), entry.ClaimUID); err != nil || w.gids.Taken() != 1 {
			t.Errorf("%d GIDs are taken, %v; want that of the PersistentVolume", w.gids.Taken(), err)
		}
		w.SawPersistentVolume(pv)
		if w.Len() != 0 || w.Unsaved() != 0 || w.Ending() != 0 || w.IsMade(entry.ClaimUID) {
			t.Error("what has ended is remembered")
		}
	})
}

// TestBeginWritesWhatIsNew counts the writes.
func TestBeginWritesWhatIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, entry := newWorld(), entryOf("c1")
		defer w.shutDown()
		away := true
		w.client.PrependReactor("*", "configmaps", func(clienttesting.Action) (bool, runtime.Object, error) {
			return away, nil, apierrors.NewTimeoutError("away", 0)
		})
		begin := func(writes int) {
			t.Helper()
			w.client.ClearActions()
			if err := w.Begin(t.Context(), entry); (err != nil) != away {
				t.Error(err)
			}
			if got := w.writes(); got != writes {
				t.Errorf("%d writes, want %d", got, writes)
			}
			if found, open := w.Find(entry.ClaimUID); !open || found.GID != entry.GID {
				t.Errorf("found %+v, %v", found, open)
			}
		}
		begin(0)
		away = false
		begin(1) // It may not be written.
		begin(0)
		entry.GID++
		begin(1)
		w.NoteID(entry.ClaimUID, "v1")
		begin(0)
		if id := w.ID(entry.ClaimUID); id != "v1" {
			t.Errorf("what heketi has told is forgotten: %q", id)
		}
	})
}

// TestBeginAfterAnEndThatFailed has the answer of an entry's removal get lost. The entry
// has to be there again before heketi is asked.
func TestBeginAfterAnEndThatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, entry := newWorld(), entryOf("c1")
		defer w.shutDown()
		w.begin(t, entry)
		lost := true
		w.client.PrependReactor("delete", "configmaps", func(action clienttesting.Action) (bool, runtime.Object, error) {
			if !lost {
				return false, nil, nil
			}
			if err := w.client.Tracker().Delete(action.GetResource(), namespace, action.(clienttesting.DeleteAction).GetName()); err != nil {
				t.Error(err)
			}
			return true, nil, apierrors.NewTimeoutError("lost", 0)
		})
		if err := w.End(t.Context(), entry.ClaimUID); err == nil {
			t.Error("got no error, want the time-out")
		}
		lost = false
		if err := w.Begin(t.Context(), entry); err != nil {
			t.Error(err)
		}
		if got := w.left(t, entry); got != "begun"+all {
			t.Errorf("left is %q", got)
		}
	})
}

func TestMayArriveForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, entry := newWorld(), entryOf("c1")
		defer w.shutDown()
		w.begin(t, entry)
		expect := func(left time.Duration) {
			t.Helper()
			late, _ := errors.AsType[*MayArriveError](w.MayArrive(entry.ClaimUID))
			if left == 0 && late != nil || left > 0 && (late == nil || late.Left != left) {
				t.Errorf("got %v, want %v", late, left)
			}
		}
		expect(0)
		w.GivenUp(entry.ClaimUID)
		time.Sleep(lateness - time.Second)
		expect(time.Second)
		w.GivenUp(entry.ClaimUID) // The second request counts.
		expect(lateness)
		if err := w.Begin(t.Context(), entry); err != nil {
			t.Error(err)
		}
		expect(lateness)
		time.Sleep(lateness)
		expect(0)
	})
}

func TestSharesHosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		defer w.shutDown()
		own, shared := entryOf("own"), entryOf("shared")
		shared.SharesEndpoints, shared.Endpoints = true, ""
		if err := w.Begin(t.Context(), own); err != nil || w.SharesHosts() {
			t.Errorf("with Endpoints of its own: %v, %v", w.SharesHosts(), err)
		}
		if err := w.Begin(t.Context(), shared); err != nil || !w.SharesHosts() {
			t.Errorf("with shared ones: %v, %v", w.SharesHosts(), err)
		}
		if err := w.End(t.Context(), shared.ClaimUID); err != nil || w.SharesHosts() {
			t.Errorf("after its end: %v, %v", w.SharesHosts(), err)
		}
	})
}
