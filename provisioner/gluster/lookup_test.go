package gluster

import (
	"errors"
	"testing"
)

func TestCheckGrowth(t *testing.T) {
	saying := func(options map[string]string) func(*world) {
		return func(w *world) { w.setOptions(options) }
	}
	for what, test := range map[string]struct {
		change func(*world)
		may    bool
	}{
		"the option is off":                   {func(*world) {}, true},
		"the option is off, in other words":   {saying(map[string]string{LookupOptimize: "Disable"}), true},
		"nobody has set the option":           {saying(nil), false},
		"the option is on":                    {saying(map[string]string{LookupOptimize: "on"}), false},
		"another option is off":               {saying(map[string]string{"cluster.lookup-unhashed": "off"}), false},
		"only one host has the option on":     {func(w *world) { w.hosts[2].Volumes[0].Options = nil }, false},
		"a volume that heketi does not have":  {func(w *world) { w.setOptions(nil); delete(w.database.Volumes, "v1") }, true},
		"a volume that gluster does not tell": {func(w *world) { w.setOptions(nil); w.noVolume() }, true},
		"hosts that do not answer":            {func(w *world) { w.setOptions(nil); w.silence() }, true},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld()
			test.change(w)
			err := w.state(t).CheckGrowth("v1")
			if (err == nil) != test.may || err != nil && !errors.Is(err, ErrHidesFiles) {
				t.Errorf("got %v, want it to grow: %v", err, test.may)
			}
		})
	}
}

func TestIsLookupOptimize(t *testing.T) {
	for name, want := range map[string]bool{
		"cluster.lookup-optimize": true, "lookup-optimize": true, "cluster.lookup-unhashed": false, "performance.lookup-optimize": false, "": false,
	} {
		if got := IsLookupOptimize(name); got != want {
			t.Errorf("%q: got %v", name, got)
		}
	}
}

// setOptions sets the options of the volume on all hosts.
func (w *world) setOptions(options map[string]string) {
	for i := range w.hosts {
		w.hosts[i].Volumes[0].Options = options
	}
}

// silence has no host tell of its volumes.
func (w *world) silence() {
	for i := range w.hosts {
		w.hosts[i].Volumes = nil
	}
}
