package library

import (
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/util/workqueue"
)

// TestPauses has something fail, and be forgotten by the library before its pause is over.
func TestPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waiting := false
		p := NewPauses(workqueue.NewItemExponentialFailureRateLimiter(time.Second, time.Minute), func(string) bool { return waiting })
		expect := func(pauses bool, failures int) {
			t.Helper()
			if p.Pauses("c1") != pauses || p.NumRequeues("c1") != failures {
				t.Errorf("it pauses: %v, after %d failures; want %v, %d", p.Pauses("c1"), p.NumRequeues("c1"), pauses, failures)
			}
		}
		expect(false, 0)
		p.When("c1")
		expect(true, 1)
		p.Forget("c1") // Somebody has updated it.
		expect(true, 1)
		time.Sleep(time.Second)
		expect(false, 1)
		waiting = true
		p.Forget("c1") // It has no turn yet.
		expect(false, 1)
		if pause := p.When("c1"); pause != 2*time.Second {
			t.Errorf("the second pause is %v", pause)
		}
		p.End("c1")
		expect(false, 2)
		waiting = false
		p.Forget("c1") // It is done.
		expect(false, 0)
		if len(p.until) > 0 {
			t.Errorf("left is %v", p.until)
		}
	})
}
