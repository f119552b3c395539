package disks

import (
	"slices"
	"strings"
	"testing"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/heketiapi"
)

// filled is a world of four nodes that is ready. Its volumes v and w have bricks on the first disks of a, b and c.
func filled(t *testing.T) *world {
	t.Helper()
	w := worldOf(listed("a", "b", "c", "d"))
	w.run(t, undisturbed)
	w.addVolume("v", true, "a", "b", "c")
	w.addVolume("w", true, "a", "b", "c")
	return w
}

func (w *world) device(node int) *heketiapi.Device {
	return &w.facts.Clusters[0].Nodes[node].Devices[0]
}

// TestDrainIsFoundAgain drains a node, and then a disk of another one, and loses at each step what may be lost when a keeper is killed there.
// moveBrick checks that no brick moves before its time.
func TestDrainIsFoundAgain(t *testing.T) {
	losses := map[string]func(w *world, before glustercluster.Status) (lost bool){
		"nothing":         func(*world, glustercluster.Status) bool { return false },
		"the step":        func(*world, glustercluster.Status) bool { return true },
		"the last status": func(w *world, before glustercluster.Status) bool { w.object.Status = before; return false },
		"all of both":     func(w *world, _ glustercluster.Status) bool { w.object.Status = glustercluster.Status{}; return true },
	}
	for name, lose := range losses {
		for at, end := 0, 1; at < end; at++ {
			w := filled(t)
			w.object.Spec.Nodes[0].Drain, w.object.Spec.Nodes[3].Devices[0].Drain = true, true
			last := w.object.Status
			end = w.drain(t, func(number int, step Step) bool {
				before := last
				last = w.object.Status
				return number == at && lose(w, before)
			})
			nodes := w.object.Status.Nodes
			if nodes[0].Phase != NodeDrained || nodes[0].Devices[1].Phase != DeviceDrained || nodes[3].Devices[0].Phase != DeviceDrained {
				t.Fatalf("without %s at step %d, the nodes are %+v", name, at, nodes)
			}
			w.expectWhole(t, "v", 3, "a")
			w.expectWhole(t, "w", 3, "a")
			if w.facts.Nodes["a"].HasLabel || len(w.facts.Clusters[0].Nodes) != 3 || len(w.facts.Clusters[0].Nodes[2].Devices) != 1 {
				t.Errorf("without %s at step %d, heketi has %+v, and Kubernetes %+v", name, at, w.facts.Clusters, w.facts.Nodes)
			}
			if !meta.IsStatusConditionTrue(w.object.Status.Conditions, ConditionReady) || w.object.Status.Summary != (glustercluster.Summary{Nodes: "3/3", Devices: "5/5"}) {
				t.Errorf("the status is %+v", w.object.Status)
			}
			expectDraining(t, w, metav1.ConditionFalse, AllDrained, "nothing any more")
		}
	}
}

func expectDraining(t *testing.T, w *world, is metav1.ConditionStatus, reason, says string) {
	t.Helper()
	found := meta.FindStatusCondition(w.object.Status.Conditions, ConditionDraining)
	if found == nil || found.Status != is || found.Reason != reason || !strings.Contains(found.Message, says) {
		t.Errorf("the condition is %+v, want %s with %q", found, reason, says)
	}
}

// TestDrainTells has each thing that a drain waits for, or that keeps it from going on.
func TestDrainTells(t *testing.T) {
	for name, test := range map[string]struct {
		change       func(w *world)
		reason, says string
		// moves says that a brick is moved all the same.
		moves bool
	}{
		"nothing":                    {func(*world) {}, BricksMoving, "/dev/a1 on node a: bricks to move away: 2", true},
		"a volume heals":             {func(w *world) { w.gluster.healing["v"] = 3 }, BricksMoving, "volume v has entries to heal: 3", true},
		"all volumes heal":           {func(w *world) { w.gluster.healing["v"], w.gluster.healing["w"] = 3, 2 }, WaitsForHeal, "volume w has entries to heal: 2", false},
		"gluster does not tell":      {func(w *world) { w.gluster.fails = true }, WaitsForHeal, "gluster does not tell how the volume v is: Locking failed", false},
		"no pod can be asked":        {func(w *world) { w.facts.Gluster = nil }, WaitsForHeal, "no GlusterFS pod is ready", false},
		"its pod is not ready":       {func(w *world) { w.facts.Pods["a"] = Pod{Name: "glusterfs-a"} }, DrainBlocked, "set lost: true beside drain: true", false},
		"a brick of others is away":  {func(w *world) { w.gluster.away = []string{"10.0.0.2:" + w.device(1).Bricks[0].Path} }, BricksMoving, "is not online", true},
		"a volume without replicas":  {func(w *world) { w.addVolume("alone", false, "a") }, DrainBlocked, "volumes without replicas: alone", false},
		"a volume in the making":     {func(w *world) { delete(w.facts.Volumes, "v") }, BricksMoving, "making or deleting the volume v", true},
		"heketi has no place for it": {func(w *world) { w.refuse("No Replacement was found for resource requested to be removed") }, DrainBlocked, "add a disk or a node", false},
		"somebody else takes bricks away": {func(w *world) { w.facts.Rival = "anna holds the Lease" }, WaitsForOthers,
			"the next step, to move a brick away from /dev/a1 a, waits: anna holds the Lease, and takes bricks away meanwhile; then it goes on by itself; /dev/a1 on node a", false},
		"all heals while somebody else takes bricks away": {func(w *world) {
			w.facts.Rival, w.gluster.healing["v"], w.gluster.healing["w"] = "anna holds the Lease", 3, 2
		}, WaitsForHeal, "volume w has entries to heal: 2", false},
		"a pod is being deleted": {func(w *world) { w.facts.Pods["b"] = Pod{Name: "glusterfs-b", Going: true} },
			WaitsForHeal, "the GlusterFS pod glusterfs-b on node b is being deleted", false},
		"the pod of a lost node is being deleted": {func(w *world) {
			w.object.Spec.Nodes[3].Drain, w.object.Spec.Nodes[3].Lost = true, true
			w.facts.Pods["d"] = Pod{Name: "glusterfs-d", Going: true}
			for i := range w.facts.Clusters[0].Nodes[3].Devices {
				w.facts.Clusters[0].Nodes[3].Devices[i].State = api.EntryStateOffline
			}
		}, BricksMoving, "bricks to move away: 2", true},
		"another disk comes before": {func(w *world) {
			w.object.Spec.Nodes[1].Devices[0].Drain = true
			w.device(1).State = api.EntryStateFailed
			w.device(1).Bricks, w.gluster.healing["w"] = nil, 7
		}, WaitsForHeal, "/dev/b1 on node b: its bricks have moved away, and it waits for what was moved: volume w has entries to heal: 7", false},
		"a disk of the node is not listed": {func(w *world) {
			w.object.Spec.Nodes[0] = glustercluster.Node{Name: "a", Drain: true, Devices: w.object.Spec.Nodes[0].Devices[1:]}
		}, DrainBlocked, "heketi has /dev/a1 on it, which is not listed", false},
		"it is lost, and its node away": {func(w *world) {
			w.object.Spec.Nodes[0].Devices[0].Lost = true
			w.facts.Pods["a"] = Pod{Name: "glusterfs-a"}
			w.gluster.away = []string{"10.0.0.1:" + w.device(0).Bricks[0].Path, "10.0.0.1:" + w.device(0).Bricks[1].Path}
			w.gluster.healing["v"], w.gluster.healing["w"] = 5, 5
		}, BricksMoving, "bricks to move away: 2", true},
		"it is lost, and another brick is away": {func(w *world) {
			w.object.Spec.Nodes[0].Devices[0].Lost = true
			for _, brick := range slices.Concat(w.device(0).Bricks, w.device(1).Bricks) {
				w.gluster.away = append(w.gluster.away, "10.0.0.1:"+brick.Path, "10.0.0.2:"+brick.Path)
			}
		}, WaitsForHeal, "is not online", false},
	} {
		t.Run(name, func(t *testing.T) {
			w := filled(t)
			w.object.Spec.Nodes[0].Devices[0].Drain = true
			w.device(0).State = api.EntryStateOffline
			test.change(w)
			plan := Make(w.object, w.facts)
			w.object.Status = plan.Status
			expectDraining(t, w, metav1.ConditionTrue, test.reason, test.says)
			if moves := plan.Next.Do == MoveBrick; moves != test.moves {
				t.Errorf("the next step is %v", plan.Next)
			}
			// A drain is nothing that is wrong, but a pod that is away is.
			if meta.IsStatusConditionTrue(plan.Status.Conditions, ConditionReady) != w.podsReady() || plan.IsSettled {
				t.Errorf("it is settled: %v, and its conditions are %+v", plan.IsSettled, plan.Status.Conditions)
			}
			if !meta.IsStatusConditionTrue(plan.Status.Conditions, ConditionProgressing) {
				t.Errorf("it neither goes on nor waits, by its conditions %+v", plan.Status.Conditions)
			}
		})
	}
}

// podsReady says whether all pods are ready of nodes that are not lost.
func (w *world) podsReady() bool {
	return !slices.ContainsFunc(w.object.Spec.Nodes, func(node glustercluster.Node) bool { return !node.Lost && !w.facts.Pods[node.Name].Ready })
}

// refuse has heketi refuse to move any brick.
func (w *world) refuse(said string) {
	for plan := Make(w.object, w.facts); plan.Next.Do == MoveBrick; plan = Make(w.object, w.facts) {
		w.facts.Failures.Note(plan.Next, said, w.facts.Now)
	}
}

// TestDrainIsTakenBack takes the word back after each step of a drain, also when a keeper is killed then. The disk gets bricks again.
func TestDrainIsTakenBack(t *testing.T) {
	for _, lost := range []bool{false, true} {
		for at, end := 0, 1; at < end; at++ {
			w := filled(t)
			w.object.Spec.Nodes[0].Devices[0].Drain = true
			taken := -1
			end = w.drain(t, func(number int, step Step) bool {
				if number == at {
					w.object.Spec.Nodes[0].Devices[0].Drain = false
					taken = number
				}
				// It was planned before, and each step after that is lost once.
				return number == at || lost && taken >= 0 && (number-taken)%2 == 1
			})
			if device := w.object.Status.Nodes[0].Devices[0]; device.Phase != DeviceOnline || w.device(0).State != api.EntryStateOnline {
				t.Errorf("taken back at step %d, the disk is %+v", at, device)
			}
			if at+1 >= end {
				break
			}
			expectDraining(t, w, metav1.ConditionFalse, AllDrained, "")
		}
	}
}

// TestDiskThatSomebodyElseTookOffline is left as it is.
func TestDiskThatSomebodyElseTookOffline(t *testing.T) {
	w := filled(t)
	w.device(0).State = api.EntryStateOffline
	if steps := w.drain(t, undisturbed); steps > 0 || w.object.Status.Nodes[0].Devices[0].Phase != DeviceOffline {
		t.Errorf("%d steps were done, and the status is %+v", steps, w.object.Status)
	}
}

// TestEntryIsTakenOutWhileItDrains takes a disk, and then its node, out of the list in the middle. Nothing moves any more, nothing is
// forgotten, and it stays out of use until somebody says what is to become of it.
func TestEntryIsTakenOutWhileItDrains(t *testing.T) {
	for _, wholeNode := range []bool{false, true} {
		w := filled(t)
		w.object.Spec.Nodes[0].Drain = true
		for len(w.device(0).Bricks) == 2 {
			plan := Make(w.object, w.facts)
			w.object.Status = plan.Status
			w.do(t, plan.Next)
		}
		before := w.object.Spec.Nodes[0]
		if wholeNode {
			w.object.Spec.Nodes = w.object.Spec.Nodes[1:]
		} else {
			w.object.Spec.Nodes[0] = glustercluster.Node{Name: "a", Zone: 1, Devices: before.Devices[1:]}
		}
		w.drain(t, func(_ int, step Step) bool {
			if step.Do != SetDeviceState || step.State != api.EntryStateOnline {
				t.Errorf("%v is done", step)
			}
			return false
		})
		if device := w.device(0); device.State != api.EntryStateOffline || len(device.Bricks) != 1 || device.Paths[0] != "/dev/a1" {
			t.Errorf("the disk is %+v", device)
		}
		sync := meta.FindStatusCondition(w.object.Status.Conditions, ConditionInSync)
		if sync.Reason != Unlisted || !strings.Contains(sync.Message, "drain: true if it is to be taken away") {
			t.Errorf("got %+v", sync)
		}
		// Listed again, it goes on.
		w.object.Spec.Nodes = append([]glustercluster.Node{before}, w.object.Spec.Nodes[min(1, len(w.object.Spec.Nodes)-3):]...)
		w.drain(t, undisturbed)
		if w.object.Status.Nodes[0].Phase != NodeDrained {
			t.Errorf("the status is %+v", w.object.Status)
		}
	}
}

// TestDrainWithAnotherDatabase has heketi not know the cluster. Nobody is told that anything is drained, or can be taken away.
func TestDrainWithAnotherDatabase(t *testing.T) {
	w := filled(t)
	w.object.Spec.Nodes[0].Drain = true
	w.object.Spec.Nodes[1].Devices[0].Drain = true
	w.facts.Clusters = nil
	if steps := w.run(t, undisturbed); steps > 0 {
		t.Errorf("%d steps were done", steps)
	}
	nodes := w.object.Status.Nodes
	if nodes[0].Phase != NodeWaiting || nodes[0].Devices[0].Phase != DeviceWaiting || nodes[1].Devices[0].Phase != DeviceWaiting {
		t.Errorf("the nodes are %+v", nodes)
	}
}

// TestNodeLeavesThePoolBeforeItsPodGoes has gluster take some time to detach a node, or not have detached it at all.
func TestNodeLeavesThePoolBeforeItsPodGoes(t *testing.T) {
	for _, detached := range []bool{true, false} {
		w := filled(t)
		w.object.Spec.Nodes[3].Drain = true
		w.gluster.leaving = 4
		if !detached {
			w.gluster.peers = []string{"10.0.0.4"}
		}
		var steps []Action
		note := func(_ int, step Step) bool { steps = append(steps, step.Do); return false }
		w.run(t, note)
		if detached && (w.object.Status.Nodes[3].Phase != NodeDraining || !w.facts.Nodes["d"].HasLabel || slices.Contains(steps, DetachPeer)) {
			t.Errorf("after %q, the node is %+v", steps, w.object.Status.Nodes[3])
		}
		for range 9 {
			w.run(t, note)
		}
		if w.object.Status.Nodes[3].Phase != NodeDrained || w.facts.Nodes["d"].HasLabel || !detached && !slices.Contains(steps, DetachPeer) {
			t.Errorf("after %q, the node is %+v", steps, w.object.Status.Nodes[3])
		}
	}
}

// TestLostNodeIsDrained has a node that is gone for good, and Kubernetes' node with it. gluster's pool loses it, too.
func TestLostNodeIsDrained(t *testing.T) {
	w := filled(t)
	w.object.Spec.Nodes[0].Drain, w.object.Spec.Nodes[0].Lost = true, true
	delete(w.facts.Nodes, "a")
	delete(w.facts.Pods, "a")
	w.gluster.peers = []string{"10.0.0.1", "10.0.0.2"}
	for _, brick := range w.device(0).Bricks {
		w.gluster.away = append(w.gluster.away, "10.0.0.1:"+brick.Path)
	}
	var steps []Action
	w.drain(t, func(_ int, step Step) bool { steps = append(steps, step.Do); return false })
	if w.object.Status.Nodes[0].Phase != NodeDrained || !slices.Equal(w.gluster.peers, []string{"10.0.0.2"}) || slices.Contains(steps, DeleteDevice) {
		t.Errorf("after %q, the pool has %q, and the status is %+v", steps, w.gluster.peers, w.object.Status)
	}
	w.expectWhole(t, "v", 3, "a")
	if !meta.IsStatusConditionTrue(w.object.Status.Conditions, ConditionReady) {
		t.Errorf("got %+v", w.object.Status.Conditions)
	}
}
