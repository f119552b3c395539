package disks

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/keeper/heketiapi"
	"glusterfs-provisioner/provisioner/glustercli"
)

// pool is gluster's word in a world.
type pool struct {
	world *world
	// healing is how many entries have to heal, by the name of the volume.
	healing map[string]int
	// away are bricks that are not online, by their names.
	away  []string
	peers []string
	fails bool
	// leaving is how often a node that heketi has forgotten still tells of peers.
	leaving int
}

func (g *pool) Health(volume string, _ time.Time) (glustercli.Health, error) {
	if g.fails {
		return glustercli.Health{}, errors.New("Locking failed")
	}
	health := glustercli.Health{Started: true}
	var set []glustercli.Brick
	for name := range g.world.bricks(volume) {
		set = append(set, glustercli.Brick{
			Name: name, Online: !slices.Contains(g.away, name), Told: !slices.Contains(g.away, name), Pending: g.healing[volume],
		})
	}
	health.Sets = [][]glustercli.Brick{set}
	return health, nil
}

func (g *pool) HasPeer(address string) (bool, error) { return slices.Contains(g.peers, address), nil }

func (g *pool) Peers(string) (int, error) {
	g.leaving--
	return max(g.leaving, 0), nil
}

// bricks are those of a volume, with the names of their nodes, by their own names.
func (w *world) bricks(volume string) map[string]string {
	found := map[string]string{}
	for _, cluster := range w.facts.Clusters {
		for _, node := range cluster.Nodes {
			for _, device := range node.Devices {
				for _, brick := range device.Bricks {
					if brick.Volume == volume {
						found[node.Address+":"+brick.Path] = node.Name
					}
				}
			}
		}
	}
	return found
}

// addVolume adds a volume with a brick on the first disk of each of the nodes.
func (w *world) addVolume(name string, hasCopies bool, nodes ...string) {
	w.gluster.world = w
	cluster := &w.facts.Clusters[0]
	cluster.Volumes = append(cluster.Volumes, name)
	if w.facts.Volumes == nil {
		w.facts.Volumes = map[string]heketiapi.Volume{}
	}
	w.facts.Volumes[name] = heketiapi.Volume{ID: name, Name: name, HasCopies: hasCopies}
	for i := range cluster.Nodes {
		if node := &cluster.Nodes[i]; slices.Contains(nodes, node.Name) {
			node.Devices[0].Bricks = append(node.Devices[0].Bricks, heketiapi.Brick{ID: w.id("brick"), Path: "/" + w.id("path"), Volume: name})
		}
	}
}

// moveBrick moves a brick to the first disk that may have it. It fails the test if the volume had not healed, or another disk that drains
// still waits for what was moved.
func (w *world) moveBrick(t *testing.T, step Step) {
	t.Helper()
	var moved heketiapi.Brick
	for i := range w.facts.Clusters[0].Nodes {
		for j := range w.facts.Clusters[0].Nodes[i].Devices {
			device := &w.facts.Clusters[0].Nodes[i].Devices[j]
			at := slices.IndexFunc(device.Bricks, func(brick heketiapi.Brick) bool { return brick.ID == step.BrickID })
			switch {
			case device.State == api.EntryStateFailed:
				t.Errorf("%v: the disk %v is not finished", step, device)
			case at >= 0 && device.State != api.EntryStateOffline:
				t.Errorf("%v: its disk is %v", step, device)
			case at >= 0:
				moved = device.Bricks[at]
				device.Bricks = slices.Delete(device.Bricks, at, at+1)
			}
		}
	}
	if moved.ID == "" || w.gluster.healing[moved.Volume] > 0 {
		t.Fatalf("%v: moves %v, and %v heals", step, moved, w.gluster.healing)
	}
	w.gluster.healing[moved.Volume] = 3
	has := w.bricks(moved.Volume)
	for i := range w.facts.Clusters[0].Nodes {
		node := &w.facts.Clusters[0].Nodes[i]
		if slices.Contains(slices.Collect(mapsValues(has)), node.Name) {
			continue
		}
		for j := range node.Devices {
			if device := &node.Devices[j]; device.State == api.EntryStateOnline {
				device.Bricks = append(device.Bricks, heketiapi.Brick{ID: w.id("brick"), Path: "/" + w.id("path"), Volume: moved.Volume})
				return
			}
		}
	}
	t.Fatalf("%v: no disk has a place", step)
}

func mapsValues(of map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, value := range of {
			if !yield(value) {
				return
			}
		}
	}
}

// expectWhole checks that a volume has its bricks on as many nodes, none of which is the one.
func (w *world) expectWhole(t *testing.T, volume string, bricks int, not string) {
	t.Helper()
	nodes := map[string]bool{}
	for _, node := range w.bricks(volume) {
		nodes[node] = true
	}
	if len(nodes) != bricks || nodes[not] {
		t.Errorf("volume %s is on %v", volume, fmt.Sprint(nodes))
	}
}

// drain runs until nothing is left to do. Whenever it waits, gluster heals something.
func (w *world) drain(t *testing.T, before func(number int, step Step) (lost bool)) (steps int) {
	t.Helper()
	for range 100 {
		steps += w.run(t, func(number int, step Step) bool { return before(steps+number, step) })
		healed := false
		for volume, entries := range w.gluster.healing {
			if entries > 0 {
				w.gluster.healing[volume]--
				healed = true
			}
		}
		w.facts.Now = w.facts.Now.Add(retryAtMost)
		if !healed && Make(w.object, w.facts).Next.Do == Nothing {
			return steps
		}
	}
	t.Fatal("it does not end")
	return steps
}
