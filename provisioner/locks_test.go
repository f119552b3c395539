package provisioner

import "testing"

// TestLocks keeps two from working on one volume, and not on two.
func TestLocks(t *testing.T) {
	l := newLocks()
	unlock, err := l.try("one")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.try("one"); err == nil {
		t.Error("a second one works on the same volume")
	}
	if _, err := l.try("two"); err != nil {
		t.Errorf("another volume cannot be worked on: %v", err)
	}
	unlock()
	if _, err := l.try("one"); err != nil {
		t.Errorf("after the first the next cannot work: %v", err)
	}
	l.drain()
	if _, err := l.try("three"); err == nil || !l.draining() {
		t.Error("somebody begins while draining")
	}
	if got := l.count(); got != 2 {
		t.Errorf("%d locks are taken, want 2", got)
	}
}
