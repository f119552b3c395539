package heketi

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// full is a heketi that no cluster of has room, so that a create ends after the
// list of clusters was used.
func full(list ...answer) answers {
	return answers{listThem: list, post: {says(500, "No space")}}
}

// createSomewhere asks for a volume that full has no room for.
func createSomewhere(ctx context.Context, t *testing.T, client *Client) {
	t.Helper()
	_, err := client.Create(ctx, anywhere(), false)
	expectError(t, err, ErrNoSpace, certain)
}

func TestTheListOfClustersIsUsedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, full(lists("c1"), lists("c1", "c2")))
		connector := NewConnector(DefaultConfig())
		for _, test := range []struct {
			after time.Duration
			want  int
		}{{0, 1}, {10 * time.Second, 1}, {19 * time.Second, 1}, {2 * time.Second, 2}, {29 * time.Second, 2}} {
			time.Sleep(test.after)
			createSomewhere(t.Context(), t, s.connectThrough(connector))
			if got := s.times(listThem); got != test.want {
				t.Errorf("after %v more: the list was asked for %d times, want %d", test.after, got, test.want)
			}
		}
		if got, want := fmt.Sprint(clustersAsked(t, s)), "[c1 c1 c1 c2 c1 c1 c2]"; got != want {
			t.Errorf("asked clusters %s, want %s", got, want)
		}
	})
}

func TestTheListOfClustersIsAskedForOnceByMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, full(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			lists("c1")(w, r)
		}))
		connector := NewConnector(DefaultConfig())
		var all sync.WaitGroup
		for range 20 {
			client := s.connectThrough(connector)
			all.Go(func() { createSomewhere(t.Context(), t, client) })
		}
		all.Wait()
		if got := s.times(listThem); got != 1 {
			t.Errorf("the list was asked for %d times, want once", got)
		}
	})
}

// The one who asked first may give up; the others still get the answer.
func TestTheListOfClustersOutlivesWhoAskedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, full(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(5 * time.Second)
			lists("c1")(w, r)
		}))
		client := s.connect(DefaultConfig())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			_, err := client.Create(ctx, anywhere(), false)
			expectError(t, err, ErrUnavailable, certain)
		})
		synctest.Wait()
		begun := time.Now()
		createSomewhere(t.Context(), t, client)
		expectTook(t, begun, 5*time.Second, 6*time.Second)
		all.Wait()
		if got := s.times(listThem); got != 1 {
			t.Errorf("the list was asked for %d times, want once", got)
		}
	})
}

func TestAFailedListOfClustersIsAskedForAgain(t *testing.T) {
	s := play(t, full(page(502), lists("c1")))
	client := s.connect(patient())
	_, err := client.Create(context.Background(), anywhere(), false)
	expectError(t, err, ErrUnavailable, certain)
	createSomewhere(context.Background(), t, client)
}
