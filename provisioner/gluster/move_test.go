package gluster

import (
	"errors"
	"slices"
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
		move = PendingEntry{ID: "op", Type: RemoveDevice, Status: "stale", Actions: []Action{{Change: removeDevice, ID: "d1"}, {Change: performChild, ID: "child"}}}
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

// TestNextBrickWasMoved has a database that is older than gluster's move of a device's next brick.
func TestNextBrickWasMoved(t *testing.T) {
	w := newWorld()
	w.moving(RemoveDevice)
	next := w.database.Bricks["b2"]
	next.Info.Device, next.Info.Node = "d1", "n1"
	w.database.Bricks["b2"] = next
	w.replaced(0, 1, 2)
	if err := w.state(t).CheckUndo("op", false); err != nil {
		t.Errorf("before the next one is moved, got %v", err)
	}
	for i := range w.hosts {
		w.hosts[i].Volumes[0].Bricks[1].Path = brickPath(7)
	}
	if err := w.state(t).CheckUndo("op", false); !errors.Is(err, ErrUnsure) || !strings.Contains(err.Error(), brickPath(2)) {
		t.Errorf("after it, got %v, want an error about %s", err, brickPath(2))
	}
}

// TestMoveWithoutAChoice has heketi have been interrupted in moves of which its database does not say where to. heketi may forget
// them only if gluster has not moved anything meanwhile: the database may be older than gluster's move.
func TestMoveWithoutAChoice(t *testing.T) {
	evict := PendingEntry{ID: "op", Type: EvictBrick, Actions: []Action{{Change: DeleteBrick, ID: "b1"}}}
	remove := PendingEntry{ID: "op", Type: RemoveDevice, Actions: []Action{{Change: removeDevice, ID: "d1"}}}
	parent, child := remove, evict
	parent.Actions, child.ID = append(slices.Clone(remove.Actions), Action{Change: performChild, ID: "child"}), "child"
	for what, operations := range map[string]map[string]PendingEntry{
		"a device without a brick": {"op": remove}, "a brick": {"op": evict}, "a brick of a device": {"op": parent, "child": child},
	} {
		for happens, test := range map[string]struct {
			change func(*world)
			said   string
		}{
			"nothing was moved":           {func(*world) {}, ""},
			"its own host is silent":      {func(w *world) { w.hosts[0].Volumes = nil }, ""},
			"the brick was moved":         {func(w *world) { w.replaced(0, 1, 2) }, "does not have the brick " + brickPath(1) + " any more"},
			"a host says it was":          {func(w *world) { w.replaced(2) }, "by storage host host-3"},
			"another host is silent":      {func(w *world) { w.hosts[2].Mounts = nil }, "host-3 does not answer"},
			"a host forgot the volume":    {func(w *world) { w.hosts[1].Volumes = []Volume{} }, "host-2 does not know"},
			"the volume is not in heketi": {func(w *world) { delete(w.database.Volumes, "v1") }, "not its volume v1"},
			"nobody answers":              {func(w *world) { w.hosts = nil }, "does not answer"},
		} {
			w := newWorld()
			w.database.Operations = operations
			test.change(w)
			err := w.state(t).CheckUndo("op", false)
			if test.said == "" && err != nil || test.said != "" && (!errors.Is(err, ErrUnsure) || !strings.Contains(err.Error(), test.said)) {
				t.Errorf("%s, %s: got %v, want %q", what, happens, err, test.said)
			}
		}
	}
}
