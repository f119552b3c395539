package endpoints

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	someCluster  = Cluster{URL: "http://heketi:8080", ID: "5f2c"}
	otherCluster = Cluster{URL: "http://heketi:8080", ID: "77aa"}
	noon         = time.Date(2022, 8, 23, 12, 0, 0, 0, time.UTC)
)

func TestHostsAreLearned(t *testing.T) {
	h := newHosts()
	if known := h.recall(someCluster); known.addresses != nil {
		t.Errorf("at first %v is known", known.addresses)
	}
	for _, step := range []struct {
		what      string
		addresses []string
		asked     time.Time
		changed   bool
		now       []string
		before    []string
	}{
		{"the first answer", []string{"a"}, noon, true, []string{"a"}, nil},
		{"the same again", []string{"a"}, noon.Add(time.Minute), false, []string{"a"}, nil},
		{"another", []string{"a", "b"}, noon.Add(2 * time.Minute), true, []string{"a", "b"}, []string{"a"}},
		{"an older answer that comes late", []string{"c"}, noon.Add(time.Minute), false, []string{"a", "b"}, []string{"a"}},
		{"the same again, which keeps what was before", []string{"a", "b"}, noon.Add(3 * time.Minute), false, []string{"a", "b"}, []string{"a"}},
	} {
		_, changed := h.learn(someCluster, step.addresses, step.asked)
		known := h.recall(someCluster)
		if changed != step.changed || !slices.Equal(known.addresses, step.now) || !slices.Equal(known.before, step.before) {
			t.Errorf("%s: changed %v, known %v, before %v; want %v, %v, %v", step.what, changed, known.addresses, known.before, step.changed, step.now, step.before)
		}
	}
	if known := h.recall(otherCluster); known.addresses != nil {
		t.Errorf("the other cluster has %v", known.addresses)
	}
}

func TestAFailureKeepsWhatIsKnown(t *testing.T) {
	h := newHosts()
	h.learn(someCluster, []string{"a"}, noon)
	h.fail(someCluster, errors.New("heketi is away"), noon.Add(time.Minute))
	h.fail(otherCluster, errors.New("heketi is away"), noon.Add(time.Minute))
	if known := h.recall(someCluster); !slices.Equal(known.addresses, []string{"a"}) || known.failure == nil {
		t.Errorf("got %+v", known)
	}
	if got := h.failures(); got != 2 {
		t.Errorf("got %d failures, want 2", got)
	}
	h.learn(someCluster, []string{"a"}, noon.Add(2*time.Minute))
	if got := h.failures(); got != 1 {
		t.Errorf("got %d failures, want 1", got)
	}
	h.forgetUnused(func(of Cluster) bool { return of == someCluster })
	if got := h.failures(); got != 0 {
		t.Errorf("got %d failures after the cluster went, want none", got)
	}
	if known := h.recall(someCluster); !slices.Equal(known.addresses, []string{"a"}) {
		t.Errorf("got %+v", known)
	}
}

// However many need them, a cluster is asked once at a time, and nobody's end ends
// the others' question.
func TestHostsAreAskedForOnceAtATime(t *testing.T) {
	h := newHosts()
	var asked atomic.Int32
	asking, answer := make(chan struct{}), make(chan struct{})
	ask := func(ctx context.Context) error {
		if asked.Add(1) == 1 {
			close(asking)
		}
		select {
		case <-answer:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	first, leave := context.WithCancel(context.Background())
	left := make(chan error, 1)
	go func() { left <- h.once(first, someCluster, ask) }()
	<-asking
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the one that left got %v", err)
	}
	var waiting sync.WaitGroup
	for range 20 {
		waiting.Go(func() {
			if err := h.once(context.Background(), someCluster, ask); err != nil {
				t.Error(err)
			}
		})
	}
	close(answer)
	waiting.Wait()
	if err := h.once(context.Background(), otherCluster, func(context.Context) error { return errors.ErrUnsupported }); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("another cluster's question got %v", err)
	}
}

func TestWhatWasWrittenIsRememberedForAMoment(t *testing.T) {
	w := newWritten()
	key := someListing
	if _, ok := w.lately(key, noon); ok {
		t.Error("something is remembered at first")
	}
	w.put(key, []string{"a"}, noon)
	if got, ok := w.lately(key, noon.Add(lag)); !ok || !slices.Equal(got, []string{"a"}) {
		t.Errorf("got %v, %v", got, ok)
	}
	if _, ok := w.lately(key, noon.Add(lag+1)); ok {
		t.Error("it is remembered too long")
	}
	w.put(key, nil, noon.Add(time.Minute))
	if got, ok := w.lately(key, noon.Add(time.Minute)); !ok || got != nil {
		t.Errorf("a removal: got %v, %v", got, ok)
	}
	other := key
	other.Name = "other"
	w.put(other, []string{"a"}, noon.Add(time.Hour))
	if len(w.all) != 1 {
		t.Errorf("%d are kept, want 1", len(w.all))
	}
}

func TestObstacles(t *testing.T) {
	a, pv := newAside(), someVolume()
	key := someListing
	a.put(key, pv, noon)
	if !a.has(key, pv, noon.Add(-1)) || a.has(key, pv, noon) {
		t.Error("an obstacle does not count until its end")
	}
	a.put(key, pv, time.Time{})
	if !a.has(key, pv, noon.Add(10000*time.Hour)) {
		t.Error("an obstacle without an end has ended")
	}
	changed := pv.DeepCopy()
	changed.ResourceVersion = "2"
	if a.has(key, changed, noon) {
		t.Error("the PersistentVolume has changed, and the obstacle still counts")
	}
	a.put(key, pv, time.Time{})
	a.drop(key)
	if a.has(key, pv, noon) {
		t.Error("a dropped obstacle counts")
	}
}
