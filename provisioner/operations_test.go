package provisioner

import "testing"

// TestOperations keeps two from working on one volume, and not on two.
func TestOperations(t *testing.T) {
	o := newOperations()
	end, err := o.begin("one")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.begin("one"); err == nil {
		t.Error("a second operation on the same volume began")
	}
	if _, err := o.begin("two"); err != nil {
		t.Errorf("an operation on another volume did not begin: %v", err)
	}
	end()
	if _, err := o.begin("one"); err != nil {
		t.Errorf("after the first ended, the next did not begin: %v", err)
	}
	o.drain()
	if _, err := o.begin("three"); err == nil || !o.draining() {
		t.Error("an operation began while draining")
	}
	if got := o.count(); got != 2 {
		t.Errorf("%d operations are under way, want 2", got)
	}
}
