package gluster

import (
	"errors"
	"strings"
	"testing"
)

func TestCheckUndo(t *testing.T) {
	for what, test := range map[string]struct {
		change func(*world)
		// keeps is the error with volumes that must stay, takes that with one that may
		// go; nil if heketi may be asked.
		keeps, takes error
		said         string
	}{
		"an operation that has ended":              {func(*world) {}, nil, nil, ""},
		"an expansion that gluster has nothing of": {(*world).expanding, nil, nil, ""},
		"an expansion that gluster has":            {func(w *world) { w.expanding(); w.inGluster(4, 5, 6) }, ErrHalfDone, ErrHalfDone, "3 of its 3 bricks"},
		"an expansion that gluster has a part of":  {func(w *world) { w.expanding(); w.inGluster(5) }, ErrHalfDone, ErrHalfDone, "1 of its 3 bricks"},
		"an expansion that one host tells of": {func(w *world) {
			w.expanding()
			w.hosts[2].Volumes[0].Bricks = append(w.hosts[2].Volumes[0].Bricks, Brick{"host-1", brickPath(4)})
		}, ErrHalfDone, ErrHalfDone, "1 of its 3"},
		"an expansion with a host that tells no volumes": {func(w *world) { w.expanding(); w.hosts[1].Volumes = nil }, ErrUnsure, ErrUnsure, "host-2 does not answer"},
		"an expansion with a host that tells no mounts":  {func(w *world) { w.expanding(); w.hosts[1].Mounts = nil }, ErrUnsure, ErrUnsure, "host-2"},
		"an expansion with a host that is missing":       {func(w *world) { w.expanding(); w.hosts = w.hosts[:2] }, ErrUnsure, ErrUnsure, "host-3 does not answer"},
		"an expansion that a host that tells no mounts has": {func(w *world) {
			w.expanding()
			w.inGluster(4)
			w.hosts[0].Mounts = nil
		}, ErrHalfDone, ErrHalfDone, ""},
		"an expansion of a volume that a host does not know": {func(w *world) { w.expanding(); w.hosts[0].Volumes = []Volume{} }, ErrUnsure, ErrUnsure, "host-1 does not know the volume"},
		"an expansion in a cluster without hosts": {func(w *world) {
			w.expanding()
			w.database.Clusters["c1"] = Cluster{}
		}, ErrUnsure, ErrUnsure, "no storage hosts"},
		"a create that gluster has nothing of":   {func(w *world) { w.pendingFor(CreateVolume); w.noVolume() }, nil, nil, ""},
		"a create that gluster has":              {func(w *world) { w.pendingFor(CreateVolume) }, ErrHalfDone, nil, ""},
		"a create whose volume has other bricks": {func(w *world) { w.pendingFor(CreateVolume); w.inGluster(7) }, ErrHalfDone, ErrHalfDone, ""},
		"a create whose bricks another volume has": {func(w *world) {
			w.pendingFor(CreateVolume)
			for i := range w.hosts {
				w.hosts[i].Volumes[0].Name = "another"
			}
		}, ErrHalfDone, ErrHalfDone, "volume another of gluster"},
		"a delete that gluster has done":     {func(w *world) { w.pendingFor(DeleteVolume); w.noVolume() }, nil, nil, ""},
		"a delete that gluster has not done": {func(w *world) { w.pendingFor(DeleteVolume) }, ErrHalfDone, nil, ""},
		"a delete with a silent host":        {func(w *world) { w.pendingFor(DeleteVolume); w.hosts[0].Volumes = nil }, ErrHalfDone, ErrUnsure, ""},
		"an operation of another kind":       {func(w *world) { w.pendingFor(7) }, ErrUnsure, ErrUnsure, "clone-volume"},
		"an operation of an unknown kind":    {func(w *world) { w.pendingFor(77) }, ErrUnsure, ErrUnsure, "type 77"},
		"an operation with another one in it": {func(w *world) {
			w.expanding()
			operation := w.database.Operations["op"]
			operation.Actions = append(operation.Actions, Action{Change: performChild, ID: "op-2"})
			w.database.Operations["op"] = operation
		}, ErrUnsure, ErrUnsure, "op-2"},
		"an operation without a volume": {func(w *world) {
			w.database.Operations["op"] = PendingEntry{ID: "op", Type: ExpandVolume}
		}, ErrUnsure, ErrUnsure, "0 volumes"},
		"an operation with a volume that is not there": {func(w *world) { w.expanding(); delete(w.database.Volumes, "v1") }, ErrUnsure, ErrUnsure, "not its volume v1"},
		"an operation with a brick that is not there":  {func(w *world) { w.expanding(); delete(w.database.Bricks, "b5") }, ErrUnsure, ErrUnsure, "brick b5"},
	} {
		t.Run(what, func(t *testing.T) {
			w := newWorld()
			test.change(w)
			state := w.state(t)
			for _, way := range []struct {
				volumeMayGo bool
				want        error
			}{{false, test.keeps}, {true, test.takes}} {
				err := state.CheckUndo("op", way.volumeMayGo)
				if !errors.Is(err, way.want) || (way.want != nil && !strings.Contains(err.Error(), test.said)) {
					t.Errorf("volume may go: %v: got %v, want %v with %q", way.volumeMayGo, err, way.want, test.said)
				}
			}
		})
	}
}

func TestVolumeOf(t *testing.T) {
	w := newWorld()
	w.expanding()
	state := w.state(t)
	if got := state.VolumeOf("op"); got != "v1" {
		t.Errorf("got %q, want v1", got)
	}
	if got := state.VolumeOf("another"); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

func TestUnlisted(t *testing.T) {
	for what, test := range map[string]struct {
		change func(*world)
		want   int
	}{
		"no such operation":                      {func(*world) {}, 0},
		"an expansion that gluster has":          {func(w *world) { w.expanding(); w.inGluster(4, 5, 6) }, 0},
		"an expansion that heketi began to undo": {func(w *world) { w.expanding(); w.inGluster(4, 5, 6); w.hosts[0].Mounts = w.hosts[0].Mounts[:1] }, 1},
		"one that gluster has nothing of":        {func(w *world) { w.expanding(); w.hosts[0].Mounts = w.hosts[0].Mounts[:1] }, 0},
		"one with a host that does not tell":     {func(w *world) { w.expanding(); w.inGluster(4, 5, 6); w.hosts[0].Mounts = nil }, 0},
	} {
		w := newWorld()
		test.change(w)
		if got := w.state(t).Unlisted("op"); got != test.want {
			t.Errorf("%s: got %d, want %d", what, got, test.want)
		}
	}
}
