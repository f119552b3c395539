package work

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
)

type in time.Duration

func (in) Error() string          { return "not yet" }
func (d in) After() time.Duration { return time.Duration(d) }

func about(ctx context.Context, key string) context.Context {
	return klog.NewContext(ctx, klog.FromContext(ctx).WithValues("key", key))
}

// TestRun has things done at once, later, and again.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		results := map[string][]error{
			"done":  {nil},
			"later": {fmt.Errorf("it is %w", in(30*time.Second)), nil},
			"fails": {errors.New("broken"), errors.New("broken"), nil},
		}
		want := map[string][]time.Duration{
			"done": {0}, "later": {0, 30 * time.Second}, "fails": {0, time.Second, 3 * time.Second},
		}
		var mu sync.Mutex
		got := map[string][]time.Duration{}
		queue := workqueue.NewRateLimitingQueue(workqueue.NewItemExponentialFailureRateLimiter(time.Second, time.Minute))
		for key := range results {
			queue.Add(key)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		Run(ctx, queue, 2, "It cannot be done", about, func(_ context.Context, key string) error {
			mu.Lock()
			defer mu.Unlock()
			got[key] = append(got[key], time.Since(start))
			return results[key][len(got[key])-1]
		})
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("done after %v, want %v", got, want)
		}
		if queue.NumRequeues("later")+queue.NumRequeues("fails") != 0 {
			t.Error("what was done in the end is remembered")
		}
	})
}

// TestRunWaitsForWhoWorks ends in the middle of something.
func TestRunWaitsForWhoWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		queue := workqueue.NewRateLimitingQueue(workqueue.DefaultControllerRateLimiter())
		queue.Add("one")
		ctx, cancel := context.WithCancel(t.Context())
		began, ended := make(chan struct{}), false
		go func() {
			<-began
			cancel()
		}()
		Run(ctx, queue, 3, "It cannot be done", about, func(context.Context, string) error {
			close(began)
			time.Sleep(time.Minute)
			ended = true
			return errors.New("interrupted")
		})
		if !ended {
			t.Error("it did not wait")
		}
	})
}
