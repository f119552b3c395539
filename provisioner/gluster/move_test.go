package gluster

import (
	"errors"
	"strings"
	"testing"
)

// moving has heketi have been interrupted when it moved brick b1 of host-1 to b4, which is on host-1, too, in this world: of a whole device, or alone.
func (w *world) moving(kind OperationType) {
	volume := w.database.Volumes["v1"]
	bricks := volume.Bricks
	w.addBricks("op", 4)
	delete(w.database.Bricks, "b5")
	delete(w.database.Bricks, "b6")
	volume.Bricks = bricks
	w.database.Volumes["v1"] = volume
	move := PendingEntry{ID: "op", Type: EvictBrick, Status: "stale", Actions: []Action{{Change: DeleteBrick, ID: "b1"}, {Change: AddBrick, ID: "b4"}}}
	if kind == RemoveDevice {
		move.ID, move.Actions = "child", append(move.Actions, Action{Change: belongsToOperation, ID: "op"})
		w.database.Operations["child"] = move
		move = PendingEntry{ID: "op", Type: RemoveDevice, Status: "stale", Actions: []Action{{Change: 8, ID: "d1"}, {Change: performChild, ID: "child"}}}
	}
	w.database.Operations["op"] = move
}

// replaced has a host tell of the new brick in the place of the old one.
func (w *world) replaced(hosts ...int) {
	for _, host := range hosts {
		w.hosts[host].Volumes[0].Bricks[0].Path = brickPath(4)
	}
}

// TestCheckMove has heketi have been interrupted in moving a brick, with what hosts tell.
func TestCheckMove(t *testing.T) {
	for what, test := range map[string]struct {
		change func(*world)
		want   error
		said   string
	}{
		"no host has the new one":          {func(*world) {}, nil, ""},
		"all hosts have the new one":       {func(w *world) { w.replaced(0, 1, 2) }, nil, ""},
		"hosts do not agree":               {func(w *world) { w.replaced(1) }, ErrUnsure, "do not agree"},
		"both are there":                   {func(w *world) { w.inGluster(4) }, ErrUnsure, "has both"},
		"none is there":                    {func(w *world) { w.hosts[1].Volumes[0].Bricks = nil }, ErrUnsure, "or none"},
		"a host does not know the volume":  {func(w *world) { w.hosts[1].Volumes = []Volume{} }, ErrUnsure, "host-2 does not know"},
		"its own host is silent":           {func(w *world) { w.hosts[0].Volumes = nil; w.replaced(1, 2) }, nil, ""},
		"its own host is gone":             {func(w *world) { w.hosts = w.hosts[1:] }, nil, ""},
		"another host is silent":           {func(w *world) { w.hosts[2].Mounts = nil }, ErrUnsure, "host-3 does not answer"},
		"all hosts are silent but another": {func(w *world) { w.hosts = nil }, ErrUnsure, "does not answer"},
		"the new brick is not known":       {func(w *world) { delete(w.database.Bricks, "b4") }, ErrUnsure, "not its bricks"},
		"the volume is not known":          {func(w *world) { delete(w.database.Volumes, "v1") }, ErrUnsure, "not its volume v1"},
	} {
		for _, kind := range []OperationType{EvictBrick, RemoveDevice} {
			w := newWorld()
			w.moving(kind)
			test.change(w)
			if err := w.state(t).CheckUndo("op", false); !errors.Is(err, test.want) || err != nil && !strings.Contains(err.Error(), test.said) {
				t.Errorf("%s, %v: got %v, want %v with %q", what, kind, err, test.want, test.said)
			}
		}
	}
}

// TestMoveThatHasNotBegun has heketi have been interrupted before it chose where a brick goes. Nothing of it can be in gluster.
func TestMoveThatHasNotBegun(t *testing.T) {
	for what, operations := range map[string]map[string]PendingEntry{
		"a device without a brick": {"op": {ID: "op", Type: RemoveDevice, Actions: []Action{{Change: 8, ID: "d1"}}}},
		"a brick":                  {"op": {ID: "op", Type: EvictBrick, Actions: []Action{{Change: DeleteBrick, ID: "b1"}}}},
		"a brick of a device": {
			"op":    {ID: "op", Type: RemoveDevice, Actions: []Action{{Change: 8, ID: "d1"}, {Change: performChild, ID: "child"}}},
			"child": {ID: "child", Type: EvictBrick, Actions: []Action{{Change: DeleteBrick, ID: "b1"}}},
		},
	} {
		w := newWorld()
		w.database.Operations = operations
		w.hosts = nil
		if err := w.state(t).CheckUndo("op", false); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
