package heketi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// mute is a heketi that gives no answers while it is so told.
type mute struct{ now atomic.Bool }

func (m *mute) unless(answer answer) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		if m.now.Load() {
			silent(w, r)
			return
		}
		answer(w, r)
	}
}

// deletions are answers to count deletions, of volumes "0" to count-1, that m may
// withhold.
func (m *mute) deletions(count int) answers {
	a := answers{poll: {gone}}
	for i := range count {
		a[fmt.Sprintf("DELETE /volumes/%d", i)] = []answer{m.unless(accepted(jobPath))}
	}
	return a
}

// Whoever waits holds a worker, which another heketi may need.
func TestNobodyWaitsForAHeketiThatGaveNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count = 200
		var m mute
		m.now.Store(true)
		s := playInMemory(t, m.deletions(count))
		client := s.connect(DefaultConfig())
		begun := time.Now()
		deleteAll(t.Context(), []*Client{client}, count, func(err error) {
			expectError(t, err, ErrUnavailable, errors.Is(err, ErrInterrupted), "no answer within 30s")
		})
		// But for those that found out.
		expectTook(t, begun, 30*time.Second, 30*time.Second+time.Millisecond)

		time.Sleep(silencePause + time.Millisecond)
		var others sync.WaitGroup
		others.Go(func() { _ = client.Delete(t.Context(), Ref{ID: "0", Name: "pvc-1", Cluster: "c1"}) })
		synctest.Wait()
		begun = time.Now()
		for range 20 {
			expectError(t, client.Delete(t.Context(), Ref{ID: "1", Name: "pvc-1", Cluster: "c1"}), ErrUnavailable, certain, "one request at a time")
		}
		expectTook(t, begun, 0, 0)
		others.Wait()
		expectTook(t, begun, 30*time.Second, 30*time.Second)
	})
}

func TestAHeketiThatAnswersAgainIsUsedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const count = 20
		var m mute
		m.now.Store(true)
		client := playInMemory(t, m.deletions(count)).connect(DefaultConfig())
		expectError(t, client.Delete(t.Context(), Ref{ID: "0", Name: "pvc-1", Cluster: "c1"}), ErrUnavailable, doubtful, "no answer within 30s")
		m.now.Store(false)
		time.Sleep(silencePause + time.Millisecond)
		for i := range count {
			if err := client.Delete(t.Context(), Ref{ID: fmt.Sprint(i), Name: "pvc-1", Cluster: "c1"}); err != nil {
				t.Errorf("deletion %d: %v", i, err)
			}
		}
	})
}

// A probe can end in other ways than with an answer or without one in time.
func TestAProbeThatIsGivenUpIsNotTheLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m mute
		m.now.Store(true)
		client := playInMemory(t, m.deletions(1)).connect(DefaultConfig())
		_ = client.Delete(t.Context(), Ref{ID: "0", Name: "pvc-1", Cluster: "c1"})
		time.Sleep(silencePause + time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		expectError(t, client.Delete(ctx, Ref{ID: "0", Name: "pvc-1", Cluster: "c1"}), ErrUnavailable, doubtful, context.DeadlineExceeded.Error())
		m.now.Store(false)
		if err := client.Delete(t.Context(), Ref{ID: "0", Name: "pvc-1", Cluster: "c1"}); err != nil {
			t.Errorf("got %v after a probe that was given up, want none", err)
		}
	})
}
