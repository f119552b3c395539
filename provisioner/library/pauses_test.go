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
		told := 0
		p := NewPauses(workqueue.NewItemExponentialFailureRateLimiter(time.Second, time.Minute), func(string) bool { return waiting }, func(string) { told++ })
		expect := func(refuses bool, failures int) {
			t.Helper()
			if p.Refuses("c1") != refuses || p.NumRequeues("c1") != failures {
				t.Errorf("it refuses: %v, after %d failures; want %v, %d", p.Refuses("c1"), p.NumRequeues("c1"), refuses, failures)
			}
		}
		expect(false, 0)
		p.When("c1")
		expect(true, 1)
		p.Forget("c1") // Somebody has updated it.
		expect(true, 1)
		time.Sleep(time.Second)
		synctest.Wait()
		expect(false, 1)
		if told != 1 {
			t.Errorf("it was told of again %d times after it was refused", told)
		}
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
		time.Sleep(time.Minute)
		if len(p.pauses) > 0 || told != 1 {
			t.Errorf("left is %v, and it was told of %d times", p.pauses, told)
		}
	})
}

// TestPauseIsShortened has something fail again and again by what may be over at any time, and then by something else.
func TestPauseIsShortened(t *testing.T) {
	t.Parallel()
	p := NewPauses(workqueue.NewItemExponentialFailureRateLimiter(time.Second, time.Hour), func(string) bool { return false }, func(string) {})
	const longest = 30 * time.Second
	for failures := range 10 {
		p.Shorten("c1", longest)
		if pause, want := p.When("c1"), time.Second<<failures; pause > min(want, longest) || pause < min(want, longest*4/5) {
			t.Errorf("after %d failures the pause is %v", failures+1, pause)
		}
	}
	if pause := p.When("c1"); pause != time.Second<<10 {
		t.Errorf("when it has failed by something else, the pause is %v", pause)
	}
	if len(p.longest) > 0 {
		t.Errorf("left is %v", p.longest)
	}
}
