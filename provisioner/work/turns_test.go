package work

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/util/workqueue"
)

// queue keeps the keys that were called, and knows those that are gone.
type queue struct {
	mu   sync.Mutex
	keys []string
	gone map[string]bool
}

func (q *queue) call(key string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.keys = append(q.keys, key)
	return !q.gone[key]
}

// called returns the keys that were called since it was asked last.
func (q *queue) called() []string {
	synctest.Wait()
	q.mu.Lock()
	defer q.mu.Unlock()
	keys := q.keys
	q.keys = nil
	return keys
}

// play has turns for two workers of a heketi.
func play(t *testing.T, how func(*testing.T, *Turns, *queue)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		q := &queue{gone: map[string]bool{}}
		turns := NewTurns(2, q.call)
		how(t, turns, q)
		time.Sleep(time.Minute)
		synctest.Wait()
		if len(turns.lines) > 0 {
			t.Errorf("lines are left: %+v", turns.lines)
		}
	})
}

// ask asks for keys in their order, and returns those that may go on.
func ask(turns *Turns, heketi string, keys ...string) (may []string) {
	for _, key := range keys {
		if turns.Ask(heketi, key) {
			may = append(may, key)
		}
	}
	return may
}

func TestOneHeketiHasSoManyTurns(t *testing.T) {
	play(t, func(t *testing.T, turns *Turns, q *queue) {
		if may := ask(turns, "slow", "a", "b", "c", "d", "c"); !slices.Equal(may, []string{"a", "b"}) {
			t.Errorf("%v may go on", may)
		}
		if may := ask(turns, "other", "x", "y", "z"); !slices.Equal(may, []string{"x", "y"}) {
			t.Errorf("%v may go on at another heketi", may)
		}
		endA, endB := turns.Take("slow", "a"), turns.Take("slow", "b")
		time.Sleep(time.Hour)
		if called := q.called(); !slices.Equal(called, []string{"z"}) { // x and y never took their turns.
			t.Errorf("called were %v", called)
		}
		endB()
		may, called := ask(turns, "slow", "e"), q.called()
		if len(may) > 0 || !slices.Equal(called, []string{"c"}) {
			t.Errorf("called were %v, and %v overtook them", called, may)
		}
		if may := ask(turns, "slow", "c"); len(may) != 1 {
			t.Error("who was called has no turn")
		}
		endC := turns.Take("slow", "c")
		endA()
		endC()
		if called := q.called(); !slices.Equal(called, []string{"d", "e"}) {
			t.Errorf("called were %v", called)
		}
	})
}

// TestTurnsThatNobodyTakes go to the next ones.
func TestTurnsThatNobodyTakes(t *testing.T) {
	play(t, func(t *testing.T, turns *Turns, q *queue) {
		ask(turns, "slow", "a", "b", "c", "d", "e")
		time.Sleep(patience + time.Millisecond)
		if called := q.called(); !slices.Equal(called, []string{"c", "d"}) {
			t.Errorf("after %v called were %v", patience, called)
		}
		time.Sleep(patienceOfCalled)
		if called := q.called(); !slices.Equal(called, []string{"e"}) {
			t.Errorf("after %v more called were %v", patienceOfCalled, called)
		}
	})
}

// TestWhoIsGoneIsSkipped has keys wait that no object has any more.
func TestWhoIsGoneIsSkipped(t *testing.T) {
	play(t, func(t *testing.T, turns *Turns, q *queue) {
		q.gone = map[string]bool{"c": true, "d": true}
		ask(turns, "slow", "a", "b", "c", "d", "e")
		end := turns.Take("slow", "a")
		turns.Take("slow", "b")()
		if called := q.called(); !slices.Equal(called, []string{"c", "d", "e"}) {
			t.Errorf("called were %v", called)
		}
		end()
	})
}

// TestWaits is what decides whether failures are remembered.
func TestWaits(t *testing.T) {
	play(t, func(t *testing.T, turns *Turns, _ *queue) {
		expect := func(want ...string) {
			t.Helper()
			var got []string
			for _, key := range []string{"a", "b", "c", "d"} {
				if turns.Waits(key) {
					got = append(got, key)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%v wait, want %v", got, want)
			}
		}
		ask(turns, "slow", "a", "b", "c", "d")
		expect("c", "d")
		turns.Take("slow", "a")()
		expect("c", "d") // c was called.
		ask(turns, "slow", "c")
		expect("d")
		turns.Take("slow", "d")() // It goes on without being called.
		expect()
	})
}

// TestManyInAQueue has all of a slow heketi's and one of another's.
func TestManyInAQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 50
		pauses := workqueue.NewItemExponentialFailureRateLimiter(time.Second, time.Minute)
		queue := workqueue.NewRateLimitingQueue(pauses)
		turns := NewTurns(2, func(key string) bool {
			queue.Add(key)
			return true
		})
		begun := time.Now()
		done := map[string]time.Duration{}
		failed := map[string]bool{}
		for i := range many {
			queue.Add(fmt.Sprintf("slow-%02d", i))
		}
		queue.Add("other")
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		finished := make(chan string, 1)
		go func() {
			for range many + 1 {
				done[<-finished] = time.Since(begun)
			}
			cancel()
		}()
		Run(ctx, queue, 5, "It cannot be done", about, func(_ context.Context, key string) error {
			heketi, takes := "slow", 30*time.Second
			if key == "other" {
				heketi, takes = "other", time.Second
			}
			return turns.Do(heketi, key, func() error {
				time.Sleep(takes)
				if key == "slow-00" && !failed[key] {
					failed[key] = true
					return errors.New("broken")
				}
				finished <- key
				return nil
			})
		})
		synctest.Wait()
		if len(done) != many+1 || done["other"] != time.Second {
			t.Errorf("%d are done, the other heketi's after %v", len(done), done["other"])
		}
		if got := pauses.NumRequeues("slow-00"); got != 0 {
			t.Errorf("what was done in the end is remembered: %d", got)
		}
	})
}
