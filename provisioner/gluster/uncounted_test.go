package gluster

import (
	"errors"
	"testing"
)

func TestCheckWhole(t *testing.T) {
	for what, test := range map[string]struct {
		change func(*world)
		whole  bool
	}{
		"a volume as it should be":            {func(*world) {}, true},
		"a volume that heketi does not have":  {func(w *world) { delete(w.database.Volumes, "v1") }, true},
		"a volume that gluster does not tell": {(*world).noVolume, true},
		"an expansion not in gluster":         {(*world).expanding, true},
		"an expansion in gluster":             {func(w *world) { w.expanding(); w.inGluster(4, 5, 6) }, false},
		"a brick that heketi does not have":   {func(w *world) { w.inGluster(9) }, false},
		"hosts that do not answer":            {func(w *world) { w.hosts[0].Volumes, w.hosts[1].Mounts = nil, nil }, true},
		"the only host that answers":          {func(w *world) { w.inGluster(9); w.hosts = w.hosts[:1] }, false},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld()
			test.change(w)
			err := CheckWhole(w.state(t), w.state(t), "v1")
			if (err == nil) != test.whole || err != nil && !errors.Is(err, ErrHalfDone) {
				t.Errorf("got %v, want whole: %v", err, test.whole)
			}
		})
	}
}

// TestCheckWholeDuringChanges has bricks added to gluster while the first of two looks asks it.
func TestCheckWholeDuringChanges(t *testing.T) {
	first, second := newWorld(), newWorld()
	first.inGluster(4, 5, 6)
	second.expanding()
	second.inGluster(4, 5, 6)
	halfDone := second.state(t)
	if err := CheckWhole(first.state(t), halfDone, "v1"); !errors.Is(err, ErrHalfDone) {
		t.Errorf("heketi was interrupted meanwhile: got %v, want %v", err, ErrHalfDone)
	}
	for id, operation := range second.database.Operations {
		operation.Status = ""
		second.database.Operations[id] = operation
	}
	if err := CheckWhole(first.state(t), second.state(t), "v1"); err != nil {
		t.Errorf("heketi is at it: got %v, want nil", err)
	}
	if err := CheckWhole(second.state(t), first.state(t), "v1"); err != nil {
		t.Errorf("heketi begins only during the second look: got %v, want nil", err)
	}
}
