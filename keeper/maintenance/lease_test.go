package maintenance

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// take takes the Lease, and fails the test if another one has it.
func take(t *testing.T, lease *Lease) context.Context {
	t.Helper()
	held, err := lease.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func release(t *testing.T, lease *Lease) {
	t.Helper()
	if err := lease.Release(t.Context()); err != nil {
		t.Error(err)
	}
}

// expectHeld checks that one holds the Lease, by the word of another.
func expectHeld(t *testing.T, other *Lease, by string) {
	t.Helper()
	var held *HeldError
	if _, err := other.Take(t.Context()); !errors.As(err, &held) || held.Holder != by {
		t.Errorf("%v, want that %s holds it", err, by)
	}
}

// TestTake holds the Lease until it is given back, however long that takes.
func TestTake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewSimpleClientset().CoordinationV1()
		anna, bert := New(client, "glusterfs", "anna"), New(client, "glusterfs", "bert")
		held := take(t, anna)
		for range 10 {
			time.Sleep(duration)
			expectHeld(t, bert, "anna")
		}
		if again := take(t, anna); again != held || held.Err() != nil {
			t.Errorf("taken again, it is held by another context; the first has ended with %v", held.Err())
		}
		release(t, anna)
		if held.Err() == nil || errors.Is(context.Cause(held), ErrLost) {
			t.Errorf("given back, it is held still, or lost: %v", context.Cause(held))
		}
		take(t, bert)
		expectHeld(t, anna, "bert")
		release(t, bert)
		release(t, anna) // which has nothing to give back
	})
}

// TestAbandon leaves the Lease to expire. One of the same identity has it at once.
func TestAbandon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewSimpleClientset().CoordinationV1()
		anna, bert := New(client, "glusterfs", "anna"), New(client, "glusterfs", "bert")
		take(t, anna)
		if !anna.Abandon() || anna.Abandon() {
			t.Error("it is not abandoned once")
		}
		expectHeld(t, bert, "anna")
		time.Sleep(duration - time.Second)
		expectHeld(t, bert, "anna")
		again := New(client, "glusterfs", "anna")
		take(t, again)
		time.Sleep(time.Second)
		expectHeld(t, bert, "anna")
		again.Abandon()
		time.Sleep(duration)
		take(t, bert)
		release(t, bert)
	})
}

// TestLost ends what is done under the Lease before another one may have it, also while a request has no answer. As long as no other one has
// taken it, it is renewed again.
func TestLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewSimpleClientset()
		anna := New(client.CoordinationV1(), "glusterfs", "anna")
		bert := New(fakeOf(client).CoordinationV1(), "glusterfs", "bert")
		var away atomic.Bool
		client.PrependReactor("update", "leases", func(clienttesting.Action) (bool, runtime.Object, error) {
			if !away.Load() {
				return false, nil, nil
			}
			time.Sleep(bound)
			return true, nil, context.DeadlineExceeded
		})
		held, begun := take(t, anna), time.Now()
		away.Store(true)
		expectHeld(t, bert, "anna")
		<-held.Done()
		if lasted := time.Since(begun); !errors.Is(context.Cause(held), ErrLost) || lasted != deadline {
			t.Errorf("it ends after %v with %v, want %v", lasted, context.Cause(held), deadline)
		}
		away.Store(false)
		time.Sleep(bound + interval)
		expectHeld(t, bert, "anna")
		if again := take(t, anna); again == held || again.Err() != nil {
			t.Errorf("taken again, it is not held: %v", again.Err())
		}
		release(t, anna)
	})
}

// fakeOf is a client of the same objects for which the reactors of another one count for nothing.
func fakeOf(client *fake.Clientset) *fake.Clientset {
	other := fake.NewSimpleClientset()
	other.ReactionChain = nil
	other.AddReactor("*", "*", clienttesting.ObjectReaction(client.Tracker()))
	return other
}

// TestTakenMeanwhile loses the Lease although the other one has given it back by now: what was seen before may not be so any more.
func TestTakenMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := fake.NewSimpleClientset().CoordinationV1()
		anna, bert := New(client, "glusterfs", "anna"), New(client, "glusterfs", "bert")
		held := take(t, anna)
		if err := client.Leases("glusterfs").Delete(t.Context(), Name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		take(t, bert)
		release(t, bert)
		if _, err := anna.Take(t.Context()); !errors.Is(err, ErrLost) || !errors.Is(context.Cause(held), ErrLost) {
			t.Errorf("got %v, and it is held until %v", err, context.Cause(held))
		}
		// From then on it is another tenure.
		if again := take(t, anna); again == held {
			t.Error("it is the same")
		}
		if _, err := anna.Take(held); !errors.Is(err, ErrLost) {
			t.Errorf("by the context of the first one: %v", err)
		}
		release(t, anna)
	})
}
