package gluster

import (
	"slices"
	"testing"
)

// TestHasAndLacks asks for a volume that gluster has, and for one that it has not.
func TestHasAndLacks(t *testing.T) {
	for what, test := range map[string]struct {
		change          func(*world)
		has, lacks      bool // the volume that there is
		lacksTheUnknown bool
	}{
		"all answer":                   {func(*world) {}, true, false, true},
		"one is off":                   {func(w *world) { w.hosts[0].Volumes = nil }, true, false, true},
		"two are off":                  {func(w *world) { w.hosts[0].Volumes, w.hosts[1].Mounts = nil, nil }, true, false, false},
		"all are off":                  {func(w *world) { w.hosts = nil }, false, false, false},
		"one was off when it was made": {func(w *world) { w.hosts[0].Volumes = []Volume{} }, true, false, true},
		"only that one answers": {func(w *world) {
			w.hosts = w.hosts[:1]
			w.hosts[0].Volumes = []Volume{}
		}, false, false, false},
		"a cluster without hosts": {func(w *world) { w.database.Clusters["c1"] = Cluster{} }, false, true, true},
	} {
		w := newWorld()
		test.change(w)
		state := &State{Database: w.database, Hosts: w.hosts}
		if has, lacks := state.Has("c1", "vol"), state.Lacks("c1", "vol"); has != test.has || lacks != test.lacks {
			t.Errorf("%s: has it %v, lacks it %v; want %v and %v", what, has, lacks, test.has, test.lacks)
		}
		if state.HasAnywhere("vol") != slices.ContainsFunc(w.hosts, func(h Host) bool { return len(h.Volumes) > 0 }) || state.HasAnywhere("unknown") {
			t.Errorf("%s: some host has it: %v, and the unknown: %v", what, state.HasAnywhere("vol"), state.HasAnywhere("unknown"))
		}
		if got := state.Lacks("c1", "unknown"); got != test.lacksTheUnknown {
			t.Errorf("%s: lacks another %v, want %v", what, got, test.lacksTheUnknown)
		}
	}
}
