package heketi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// underWay counts the operations that a heketi has begun and not ended.
type underWay struct {
	mu        sync.Mutex
	now, most int
}

func (u *underWay) add(n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.now += n
	u.most = max(u.most, u.now)
}

// operations is a heketi whose deletions of volumes "0" to count-1 last a while
// each; end is what their jobs answer then.
func operations(u *underWay, count int, lasting time.Duration, end answer) answers {
	a := answers{}
	for i := range count {
		job := fmt.Sprintf("/queue/%d", i)
		var begun time.Time
		a[fmt.Sprintf("DELETE /volumes/%d", i)] = []answer{func(w http.ResponseWriter, r *http.Request) {
			u.add(1)
			begun = time.Now()
			accepted(job)(w, r)
		}}
		a["GET "+job] = []answer{func(w http.ResponseWriter, r *http.Request) {
			if time.Since(begun) < lasting {
				pending(w, r)
				return
			}
			u.add(-1)
			end(w, r)
		}}
	}
	return a
}

// deleteAll deletes all of them at once, and reports each error.
func deleteAll(ctx context.Context, clients []*Client, count int, report func(error)) {
	var all sync.WaitGroup
	for i := range count {
		all.Go(func() {
			report(clients[i%len(clients)].Delete(ctx, Ref{ID: fmt.Sprint(i), Name: "pvc-1", Cluster: "c1"}))
		})
	}
	all.Wait()
}

func TestNoMoreOperationsThanAllowedAreUnderWay(t *testing.T) {
	for what, end := range map[string]answer{"done": gone, "failed": says(500, "failed"), "lost": says(404, forgotten)} {
		inABubble(t, what, func(t *testing.T) {
			const count, allowed = 20, 3
			config := DefaultConfig()
			config.MaxInFlight = allowed
			var u underWay
			s := playInMemory(t, operations(&u, count, 5*time.Second, end))
			// Claims have clients of their own; the bound is the heketi's.
			connector := NewConnector(config)
			clients := []*Client{s.connectThrough(connector), s.connectThrough(connector)}
			begun := time.Now()
			deleteAll(t.Context(), clients, count, func(err error) {
				if (err == nil) != (what == "done") {
					t.Errorf("got error %v", err)
				}
			})
			if u.most != allowed || u.now != 0 {
				t.Errorf("got up to %d operations at a time and %d at the end, want %d and 0", u.most, u.now, allowed)
			}
			expectTook(t, begun, 35*time.Second, 40*time.Second)
		})
	}
}

func TestAnotherHeketiIsNotHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := DefaultConfig()
		config.MaxInFlight = 1
		connector := NewConnector(config)
		stuck := playInMemory(t, answers{del: {accepted(jobPath)}, poll: {pending}}).connectThrough(connector)
		other := playInMemory(t, answers{del: {accepted(jobPath)}, poll: {gone}})
		other.server.URL = "http://other-heketi.test:8080"
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() { _ = stuck.Delete(ctx, v1Ref) })
		}
		synctest.Wait()
		begun := time.Now()
		if err := other.connectThrough(connector).Delete(t.Context(), v1Ref); err != nil {
			t.Errorf("got error %v, want none", err)
		}
		expectTook(t, begun, 0, time.Second)
		cancel()
		all.Wait()
	})
}

func TestReadsNeedNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := DefaultConfig()
		config.MaxInFlight = 1
		client := playInMemory(t, answers{
			del: {accepted(jobPath)}, poll: {pending},
			dumpIt: {finished}, get: {shows(made())},
		}).connect(config)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { _ = client.Delete(ctx, v1Ref) })
		synctest.Wait()
		begun := time.Now()
		got, err := client.Find(t.Context(), "pvc-1", nil)
		expectVolume(t, got, err, made())
		expectTook(t, begun, 0, time.Second)
		cancel()
		all.Wait()
	})
}

func TestTheWaitForAPlaceIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := DefaultConfig()
		config.MaxInFlight = 1
		s := playInMemory(t, answers{del: {accepted(jobPath)}, poll: {pending}})
		client := s.connect(config)
		ctx, cancel := context.WithCancel(t.Context())
		// Whoever waits in vain for as long as an operation may take.
		long := config
		long.OperationTimeout = time.Hour
		patientClient := *client
		patientClient.config = long
		var all sync.WaitGroup
		all.Go(func() { _ = patientClient.Delete(ctx, v1Ref) })
		synctest.Wait()

		begun := time.Now()
		_, err := client.Create(t.Context(), spec(), false)
		expectError(t, err, ErrBusy, certain, "1 operations of this provisioner are under way")
		expectTook(t, begun, 10*time.Minute, 10*time.Minute+time.Second)
		if got := s.times(post); got != 0 {
			t.Errorf("heketi was asked for %d volumes, want none", got)
		}
		cancel()
		all.Wait()
	})
}

// Whoever waited long for a place has as much time for the operation as others.
func TestTheWaitForAPlaceTakesNothingFromTheOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count = 2
		config := DefaultConfig()
		config.MaxInFlight = 1
		lasting := config.OperationTimeout * 2 / 3
		var u underWay
		client := playInMemory(t, operations(&u, count, lasting, gone)).connect(config)
		begun := time.Now()
		deleteAll(t.Context(), []*Client{client}, count, func(err error) {
			if err != nil {
				t.Errorf("got error %v, want none", err)
			}
		})
		expectTook(t, begun, 2*lasting, 2*lasting+5*time.Second)
		if u.most != 1 {
			t.Errorf("got up to %d operations at a time, want 1", u.most)
		}
	})
}

// A place is left when heketi has answered or when the operation has had its time.
func TestAPlaceIsKeptForTheWholeOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := DefaultConfig()
		config.MaxInFlight = 1
		var u underWay
		a := operations(&u, 2, time.Hour, gone)
		a["GET /queue/1"] = []answer{gone}
		s := playInMemory(t, a)
		client := s.connect(config)
		var all sync.WaitGroup
		all.Go(func() {
			err := client.Delete(t.Context(), Ref{ID: "0", Name: "pvc-1", Cluster: "c1"})
			expectError(t, err, ErrUnavailable, doubtful, "not finished within 10m0s")
		})
		synctest.Wait()
		time.Sleep(time.Minute)
		begun := time.Now()
		all.Go(func() {
			if err := client.Delete(t.Context(), Ref{ID: "1", Name: "pvc-1", Cluster: "c1"}); err != nil {
				t.Errorf("got error %v, want none", err)
			}
			expectTook(t, begun, 9*time.Minute, 9*time.Minute+time.Second)
		})
		all.Wait()
	})
}

func TestAWaitForAPlaceThatIsStoppedSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		config := DefaultConfig()
		config.MaxInFlight = 0
		client := playInMemory(t, nil).connect(config)
		stop := errors.New("the provisioner is shutting down")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(7*time.Second, func() { cancel(stop) })
		begun := time.Now()
		expectError(t, create(ctx, client), ErrUnavailable, certain, stop.Error())
		expectTook(t, begun, 7*time.Second, 7*time.Second)
	})
}

// A shutdown can come between two steps.
func TestACancelledContextAsksForNothing(t *testing.T) {
	s := play(t, nil)
	client := s.connect(patient())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 50 {
		_, err := client.Create(ctx, spec(), false)
		expectError(t, err, ErrUnavailable, certain, "context canceled")
		expectError(t, client.Delete(ctx, v1Ref), ErrUnavailable, certain, "context canceled")
		if t.Failed() {
			break
		}
	}
	s.expectRequests()
}
