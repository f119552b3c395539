package provisioner

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestLatecomersAreExpectedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLatecomers(30 * time.Second)
		if err := l.check("a"); err != nil {
			t.Errorf("before anything was asked: %v", err)
		}
		l.expect("a")
		time.Sleep(20 * time.Second)
		late, ok := errors.AsType[*mayArriveError](l.check("a"))
		if !ok || late.left != 10*time.Second {
			t.Errorf("after 20 s: %v", late)
		}
		if err := l.check("b"); err != nil {
			t.Errorf("another claim: %v", err)
		}
		l.expect("a") // The second request counts.
		time.Sleep(29 * time.Second)
		if l.check("a") == nil {
			t.Error("29 s after the second request none is expected")
		}
		time.Sleep(time.Second)
		if err := l.check("a"); err != nil {
			t.Errorf("30 s after the second request: %v", err)
		}
		l.expect("a")
		l.forget("a")
		if err := l.check("a"); err != nil {
			t.Errorf("after its end: %v", err)
		}
	})
}
