package app

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/test/documented"
)

// TestADeadlockIsNoAnswer has parts wait for each other for longer than a probe waits.
func TestADeadlockIsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a answering
		released := make(chan struct{})
		var asked atomic.Int32
		hang := func() error {
			asked.Add(1)
			<-released
			return errors.New("late")
		}
		for range 3 {
			begun := time.Now()
			if err := a.ask(hang); err == nil || !strings.Contains(err.Error(), "do not answer within 3s") || time.Since(begun) != answerBound {
				t.Errorf("got %v after %v", err, time.Since(begun))
			}
		}
		if asked := asked.Load(); asked != 1 {
			t.Errorf("asked %d times in a deadlock, want once", asked)
		}
		close(released)
		synctest.Wait()
		if err := a.ask(hang); err == nil || err.Error() != "late" {
			t.Errorf("got %v, want the answer to the question that hung", err)
		}
		if err := a.ask(func() error { return nil }); err != nil {
			t.Errorf("got %v, want that all is well again", err)
		}
	})
}

// TestATakeoverHasAnEnd has one that hangs.
func TestATakeoverHasAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &state{}
		time.Sleep(time.Hour)
		s.elect()
		time.Sleep(takeoverBound)
		if err := s.works(nil); err != nil {
			t.Errorf("it is not live within the bound: %v", err)
		}
		time.Sleep(time.Second)
		if err := s.works(nil); err == nil {
			t.Error("it is live though it does not take over")
		}
	})
}

// TestDocsTellAllChecks holds docs/metrics.md against the checks, both ways.
func TestDocsTellAllChecks(t *testing.T) {
	documented.Checks(t, (&state{}).checks(), "provisioner")
}

func TestTakingOverIsNotReady(t *testing.T) {
	s := &state{}
	if err := s.hasTakenOver(nil); err != nil {
		t.Errorf("a standby is not ready: %v", err)
	}
	if err := errors.Join(s.works(nil), s.holdsLease(nil), s.sees(nil)); err != nil {
		t.Errorf("a standby is not live: %v", err)
	}
	if s.elect(); s.hasTakenOver(nil) == nil {
		t.Error("it is ready while it takes over")
	}
	if s.lead(&provisioner.Provisioner{}); errors.Join(s.hasTakenOver(nil), s.sees(nil)) != nil {
		t.Error("a leader is not ready")
	}
}
