package locks

import (
	"errors"
	"testing"
)

// TestLocks keeps two from working on one volume, and not on two.
func TestLocks(t *testing.T) {
	l := New()
	unlock, err := l.Try("one")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Try("one"); err == nil {
		t.Error("a second one works on the same volume")
	}
	if _, err := l.Try("two"); err != nil {
		t.Errorf("another volume cannot be worked on: %v", err)
	}
	unlock()
	if _, err := l.Try("one"); err != nil {
		t.Errorf("after the first the next cannot work: %v", err)
	}
	l.Drain()
	if _, err := l.Try("three"); !errors.Is(err, ErrDraining) || !l.Draining() {
		t.Error("somebody begins while draining")
	}
	if got := l.Count(); got != 2 {
		t.Errorf("%d locks are taken, want 2", got)
	}
}
