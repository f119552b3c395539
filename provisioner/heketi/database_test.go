package heketi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestThereIsOneDumpAtATimeForAllWhoAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		s := playInMemory(t, answers{dumpIt: {func(w http.ResponseWriter, r *http.Request) {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(5 * time.Second)
			now.Add(-1)
			dumps()(w, r)
		}}})
		connector := NewConnector(DefaultConfig())
		var all sync.WaitGroup
		begun := time.Now()
		for i := range 100 {
			client := s.connectThrough(connector)
			all.Go(func() {
				_, err := client.Find(t.Context(), fmt.Sprintf("pvc-%d", i), nil)
				expectError(t, err, ErrNotFound, certain, fmt.Sprintf(`look up volume "pvc-%d"`, i))
			})
			all.Go(func() {
				if _, err := client.Inventory(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		expectTook(t, begun, 5*time.Second, 10*time.Second)
		if got := s.times(dumpIt); got > 2 || most.Load() != 1 {
			t.Errorf("got %d dumps, up to %d at a time, want 2 at most, one at a time", got, most.Load())
		}
	})
}

// What a dump shows that began before a question may be older than what is asked for.
func TestADumpThatBeganBeforeIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, answers{
			dumpIt: {slowly(5*time.Second, dumps()), slowly(5*time.Second, finished)}, get: {shows(made())},
		})
		client := s.connect(DefaultConfig())
		var all sync.WaitGroup
		all.Go(func() { expectError(t, find(t.Context(), client), ErrNotFound, certain) })
		synctest.Wait()
		// The volume is made now.
		for range 3 {
			all.Go(func() {
				got, err := client.Find(t.Context(), "pvc-1", nil)
				expectVolume(t, got, err, made())
			})
		}
		all.Wait()
		if got := s.times(dumpIt); got < 2 || got > 3 {
			t.Errorf("got %d dumps, want 2 or 3", got)
		}
	})
}

// TestADumpIsEnoughForAllThatANewLeaderFinds has a new leader audit, and then go on with
// many volumes that were begun, of which heketi's database has none. Each is made by a
// request of its own, after which only a new dump counts.
func TestADumpIsEnoughForAllThatANewLeaderFinds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, answers{dumpIt: {dumps()}, post: {nameTaken}})
		client := s.connect(DefaultConfig())
		resumed := time.Now()
		time.Sleep(time.Second)
		if _, err := client.Inventory(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		begun := spec()
		begun.LookSince = resumed
		expectDumps := func(want int) {
			t.Helper()
			if got := s.times(dumpIt); got != want {
				t.Errorf("%d dumps, want %d", got, want)
			}
		}
		for range 3 {
			_, err := client.Create(t.Context(), begun, true)
			expectError(t, err, ErrNameTaken, certain)
		}
		// One for the audit, and one for each name that was taken meanwhile.
		expectDumps(1 + 3)
		time.Sleep(2 * dumpAge)
		_, err := client.Create(t.Context(), begun, true)
		expectError(t, err, ErrNameTaken, certain)
		expectDumps(1 + 3 + 2)
	})
}

// TestAFailedDumpIsNotKept has one fail that would have been enough.
func TestAFailedDumpIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, answers{dumpIt: {says(500, "Unable to access db"), dumps(entry{Volume: made()})}, get: {shows(made())}})
		client := s.connect(DefaultConfig())
		begun := spec()
		begun.LookSince = time.Now()
		time.Sleep(time.Second)
		_, err := client.Inventory(t.Context())
		expectError(t, err, ErrFailed, certain)
		time.Sleep(2 * failureAge)
		got, err := client.Create(t.Context(), begun, true)
		expectVolume(t, got, err, made())
		if _, err := client.Inventory(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// Each adds to the error what is true of itself alone.
func TestWhoSharesADumpGetsAnErrorOfItsOwn(t *testing.T) {
	s := play(t, answers{dumpIt: {slowly(10*time.Millisecond, says(500, "Unable to access db"))}})
	client := s.connect(patient())
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			expectError(t, createAgain(context.Background(), client), ErrFailed, doubtful, `look up volume "pvc-1"`)
		})
		all.Go(func() {
			expectError(t, find(context.Background(), client), ErrFailed, certain, `look up volume "pvc-1"`)
		})
		all.Go(func() {
			_, err := client.Inventory(context.Background())
			expectError(t, err, ErrFailed, certain, "list its volumes", "Unable to access db")
		})
	}
	all.Wait()
}

func TestADumpOutlivesWhoAskedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, answers{dumpIt: {slowly(5*time.Second, finished)}, get: {shows(made())}})
		client := s.connect(DefaultConfig())
		stop := errors.New("the provisioner is shutting down")
		ctx, cancel := context.WithCancelCause(t.Context())
		var all sync.WaitGroup
		for range 2 {
			all.Go(func() {
				expectError(t, find(ctx, client), ErrUnavailable, certain, stop.Error(), `look up volume "pvc-1"`)
			})
		}
		all.Go(func() {
			got, err := client.Find(t.Context(), "pvc-1", nil)
			expectVolume(t, got, err, made())
		})
		synctest.Wait()
		begun := time.Now()
		cancel(stop)
		synctest.Wait()
		expectTook(t, begun, 0, 0)
		all.Wait()
	})
}

func TestNothingOfADumpIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := playInMemory(t, answers{dumpIt: {finished}, get: {shows(made())}}).connect(DefaultConfig())
		if err := find(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		time.Sleep(dumpAge)
		synctest.Wait()
		client.backend.dumps.mu.Lock()
		defer client.backend.dumps.mu.Unlock()
		if client.backend.dumps.last.saw != nil {
			t.Error("the dump is kept")
		}
	})
}

// A connection that breaks says nothing about who answers.
func TestADumpThatIsCutOffIsNotTakenForAnothers(t *testing.T) {
	s := play(t, answers{dumpIt: {cutShort("200 OK")}})
	_, err := s.connect(patient()).Inventory(context.Background())
	expectError(t, err, ErrUnavailable, certain, "unexpected EOF")
	if strings.Contains(err.Error(), "not a heketi's") {
		t.Errorf("got %v", err)
	}
}
