package disks

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/heketiapi"
)

// TestStepsAreFoundAgain loses at each step what may be lost when a keeper is killed there: the step itself, the last
// status, or, by a restore of the object, all of it. heketi has everything once in the end, and nothing after a removal.
func TestStepsAreFoundAgain(t *testing.T) {
	whole := worldOf(listed("a", "b", "c"))
	installing := whole.run(t, undisturbed)
	whole.expect(t)
	whole.delete()
	removing := whole.run(t, undisturbed)
	whole.expectNothing(t)

	losses := map[string]func(w *world, before glustercluster.Status) (lost bool){
		"the step":        func(*world, glustercluster.Status) bool { return true },
		"the last status": func(w *world, before glustercluster.Status) bool { w.object.Status = before; return false },
		"all the status":  func(w *world, _ glustercluster.Status) bool { w.object.Status = glustercluster.Status{}; return false },
		"all of both":     func(w *world, _ glustercluster.Status) bool { w.object.Status = glustercluster.Status{}; return true },
	}
	for name, lose := range losses {
		for at := range installing + removing {
			w := worldOf(listed("a", "b", "c"))
			var before glustercluster.Status
			disturb := func(offset int) func(int, Step) bool {
				return func(number int, step Step) bool {
					last := before
					before = w.object.Status
					// A cluster that has lost its last node is known by the status alone. It is empty, and stays.
					if strings.HasPrefix(name, "all") && (step.Do == DeleteNode || step.Do == DeleteCluster) {
						return false
					}
					return number+offset == at && lose(w, last)
				}
			}
			w.run(t, disturb(0))
			if !meta.IsStatusConditionTrue(w.object.Status.Conditions, ConditionReady) {
				t.Errorf("without %s at step %d it is not ready: %+v", name, at, w.object.Status)
			}
			w.expect(t)
			w.delete()
			w.run(t, disturb(installing))
			w.expectNothing(t)
		}
	}
}

func (w *world) delete() {
	now := metav1.NewTime(w.facts.Now)
	w.object.DeletionTimestamp = &now
}

func (w *world) expectNothing(t *testing.T) {
	t.Helper()
	if len(w.facts.Clusters) > 0 || len(w.object.Finalizers) > 0 {
		t.Errorf("heketi has %+v, and the finalizers are %q", w.facts.Clusters, w.object.Finalizers)
	}
	for name, node := range w.facts.Nodes {
		if node.HasLabel {
			t.Errorf("node %s has the label", name)
		}
	}
}

// TestReasons changes one thing in a world that is ready, and expects why it is not ready or not in sync.
func TestReasons(t *testing.T) {
	cluster := func(w *world) *heketiapi.Cluster { return &w.facts.Clusters[0] }
	for name, test := range map[string]struct {
		change            func(w *world)
		condition, reason string
		says              string
	}{
		"nothing":              {func(*world) {}, ConditionReady, AllReady, "all listed"},
		"in sync":              {func(*world) {}, ConditionInSync, AsListed, ""},
		"another database":     {func(w *world) { w.facts.Clusters = nil }, ConditionReady, ClusterUnknown, "restore the Secrets"},
		"pod says why":         {func(w *world) { w.facts.Pods["b"] = Pod{Name: "glusterfs-b", Why: "ErrImagePull not found"} }, ConditionReady, NodesNotReady, "glusterfs-b is not ready: ErrImagePull not found"},
		"pod not ready":        {func(w *world) { w.facts.Pods["b"] = Pod{Name: "glusterfs-b"} }, ConditionReady, NodesNotReady, "glusterfs-b is not ready"},
		"pod gone":             {func(w *world) { delete(w.facts.Pods, "b") }, ConditionReady, NodesNotReady, "no GlusterFS pod"},
		"node gone":            {func(w *world) { delete(w.facts.Nodes, "b") }, ConditionReady, NodesNotReady, "any more"},
		"disk offline":         {func(w *world) { cluster(w).Nodes[0].Devices[0].State = api.EntryStateOffline }, ConditionReady, DevicesNotOnline, "heketi-cli device enable device"},
		"disk failed":          {func(w *world) { cluster(w).Nodes[0].Devices[0].State = api.EntryStateFailed }, ConditionReady, DevicesNotOnline, "write drain: true"},
		"node not listed":      {func(w *world) { w.object.Spec.Nodes = w.object.Spec.Nodes[1:] }, ConditionInSync, Unlisted, "node a (node"},
		"disk not listed":      {func(w *world) { w.object.Spec.Nodes[0].Devices = w.object.Spec.Nodes[0].Devices[1:] }, ConditionInSync, Unlisted, "/dev/a1 on node a"},
		"another zone":         {func(w *world) { w.object.Spec.Nodes[0].Zone = 2 }, ConditionInSync, Unlisted, "zone 1 in heketi, not 2"},
		"another address":      {func(w *world) { w.object.Spec.Nodes[0].Address = "10.9.9.9" }, ConditionInSync, Unlisted, "not 10.9.9.9"},
		"disk by another path": {func(w *world) { d := &cluster(w).Nodes[0].Devices[0]; d.Paths = append([]string{"/dev/x"}, d.Paths...) }, ConditionInSync, AsListed, ""},
		"disk listed twice": {func(w *world) {
			d := &cluster(w).Nodes[0].Devices[0]
			d.Paths = append(d.Paths, "/dev/x")
			w.object.Spec.Nodes[0].Devices = append(w.object.Spec.Nodes[0].Devices, glustercluster.Device{Path: "/dev/x"})
		}, ConditionReady, DevicesRefused, "/dev/x on node a: it is the same disk as /dev/a1"},
		"node has moved":         {func(w *world) { w.facts.Nodes["a"] = KubernetesNode{Address: "10.0.7.7", HasLabel: true} }, ConditionInSync, Unlisted, "InternalIP in Kubernetes is 10.0.7.7"},
		"name of no node":        {func(w *world) { w.add("nowhere", "") }, ConditionReady, NodesRefused, "Kubernetes has no node of that name"},
		"no address":             {func(w *world) { w.add("d", ""); w.facts.Nodes["d"] = KubernetesNode{} }, ConditionReady, NodesRefused, "no InternalIP"},
		"address of a listed":    {func(w *world) { w.add("d", "10.0.0.1") }, ConditionReady, NodesRefused, "node a has the same address"},
		"address of a node":      {func(w *world) { w.add("d", "10.0.0.9"); w.facts.Nodes["e"] = KubernetesNode{Address: "10.0.0.9"} }, ConditionReady, NodesRefused, "is that of node e"},
		"in heketi by its IP":    {func(w *world) { w.add("d", "10.0.0.8"); w.has("10.0.0.8", "10.0.0.8") }, ConditionReady, NodesRefused, "under the name 10.0.0.8"},
		"in another cluster":     {func(w *world) { w.add("d", "10.0.0.8"); w.has("d", "10.0.0.8") }, ConditionReady, NodesRefused, "in another cluster"},
		"status lost, two match": {func(w *world) { w.object.Status.ClusterID = ""; w.add("d", "10.0.0.8"); w.has("d", "10.0.0.8") }, ConditionReady, ClusterAmbiguous, "different clusters"},
	} {
		t.Run(name, func(t *testing.T) {
			w := worldOf(listed("a", "b"))
			w.run(t, undisturbed)
			test.change(w)
			has := len(w.facts.Clusters)
			w.run(t, undisturbed)
			if len(w.facts.Clusters) != has {
				t.Errorf("heketi has %+v", w.facts.Clusters)
			}
			found := meta.FindStatusCondition(w.object.Status.Conditions, test.condition)
			if found == nil || found.Reason != test.reason || !strings.Contains(found.Message, test.says) {
				t.Errorf("got %+v", found)
			}
		})
	}
}

// add lists another node without disks, which is in Kubernetes if it has an address or is named d.
func (w *world) add(name, address string) {
	w.object.Spec.Nodes = append(w.object.Spec.Nodes, glustercluster.Node{Name: name, Address: address})
	if name != "nowhere" {
		w.facts.Nodes[name] = KubernetesNode{Address: "10.0.1.1"}
	}
	w.facts.Pods[name] = Pod{Name: "glusterfs-" + name, Ready: true}
}

// has has heketi have another cluster, with a node.
func (w *world) has(name, address string) {
	w.facts.Clusters = append(w.facts.Clusters, heketiapi.Cluster{
		ID: w.id("cluster"), File: true, Nodes: []heketiapi.Node{{ID: w.id("node"), Name: name, Address: address, Zone: 1}},
	})
}

// TestRefusedStepWaits has heketi refuse a disk. Others go on; it is tried again later and later.
func TestRefusedStepWaits(t *testing.T) {
	w := worldOf(listed("a", "b"))
	refuse := func(_ int, step Step) bool {
		if step.Path != "/dev/a1" {
			return false
		}
		w.facts.Failures.Note(step, "Device /dev/a1 excluded by a filter.", w.facts.Now)
		return true
	}
	w.run(t, refuse)
	disk := w.object.Status.Nodes[0].Devices[0]
	if disk.Phase != DeviceRefused || !strings.Contains(disk.Message, "excluded by a filter. What to do:") || w.object.Status.Summary.Devices != "3/4" {
		t.Errorf("the disk is %+v of %s", disk, w.object.Status.Summary.Devices)
	}
	var waited []time.Duration
	for range 9 {
		begun := w.facts.Now
		for Make(w.object, w.facts).Next.Do == Nothing {
			w.facts.Now = w.facts.Now.Add(time.Second)
		}
		waited = append(waited, w.facts.Now.Sub(begun))
		w.run(t, refuse)
	}
	if waited[0] != retryFirst || waited[1] != 2*retryFirst || waited[8] != retryAtMost {
		t.Errorf("it waited %v", waited)
	}
	// Who has the disk wiped does not wait.
	w.object.Spec.Nodes[0].Devices[0].DestroyData = true
	if next := Make(w.object, w.facts).Next; next.Path != "/dev/a1" || !next.DestroyData {
		t.Errorf("the next step is %v", next)
	}
}

// TestRemovalIsBlocked has each thing that uses the disks of an object that is going.
func TestRemovalIsBlocked(t *testing.T) {
	for says, use := range map[string]func(w *world){
		"PersistentVolume pv":               func(w *world) { w.facts.PersistentVolumes[w.facts.Clusters[0].ID] = []string{"pv"} },
		"volume v of heketi":                func(w *world) { w.facts.Clusters[0].Volumes = []string{"v"} },
		"unfinished operation of heketi: o": func(w *world) { w.facts.Operations = []string{"o"} },
		"3 bricks on /dev/a1 of node a":     func(w *world) { w.facts.Clusters[0].Nodes[0].Devices[0].Bricks = make([]heketiapi.Brick, 3) },
		"PersistentVolume of a cluster that gone": func(w *world) {
			w.facts.PersistentVolumes[w.facts.Clusters[0].ID] = []string{"of a cluster that gone"}
			w.facts.Clusters = nil
		},
	} {
		w := worldOf(listed("a"))
		w.run(t, undisturbed)
		use(w)
		w.delete()
		if steps := w.run(t, undisturbed); steps > 0 {
			t.Errorf("%s: %d steps were done", says, steps)
		}
		blocked := meta.FindStatusCondition(w.object.Status.Conditions, ConditionRemovalBlocked)
		if blocked == nil || blocked.Status != metav1.ConditionTrue || blocked.Reason != InUse || !strings.Contains(blocked.Message, says) {
			t.Errorf("%s: got %+v", says, blocked)
		}
	}
}

// TestRemovalGivesWay has nothing of a cluster taken away while somebody else takes bricks away, and tells so.
func TestRemovalGivesWay(t *testing.T) {
	w := worldOf(listed("a"))
	w.run(t, undisturbed)
	w.delete()
	w.facts.Rival = "anna holds the Lease"
	w.run(t, func(_ int, step Step) bool {
		if step.State != api.EntryStateOffline {
			t.Errorf("%v is done", step)
		}
		return false
	})
	progressing := meta.FindStatusCondition(w.object.Status.Conditions, ConditionProgressing)
	if progressing.Reason != WaitsForOthers || !strings.Contains(progressing.Message, "set the device's state /dev/a1 a failed, waits: anna holds the Lease") {
		t.Errorf("got %+v", progressing)
	}
	w.facts.Rival = ""
	w.run(t, undisturbed)
	if len(w.facts.Clusters) > 0 || len(w.object.Finalizers) > 0 {
		t.Errorf("heketi has %+v", w.facts.Clusters)
	}
}

// TestNodeOfAnotherObjectKeepsItsLabel removes one of two objects that list the same node.
func TestNodeOfAnotherObjectKeepsItsLabel(t *testing.T) {
	w := worldOf(listed("a", "b"))
	w.run(t, undisturbed)
	w.facts.Others = []*glustercluster.Object{listed("b")}
	w.delete()
	w.run(t, undisturbed)
	if w.facts.Nodes["a"].HasLabel || !w.facts.Nodes["b"].HasLabel || len(w.object.Finalizers) > 0 {
		t.Errorf("the nodes are %+v", w.facts.Nodes)
	}
}

// TestEmptyClusterOfAnotherObject has an object make its own cluster beside an empty one that another has.
func TestEmptyClusterOfAnotherObject(t *testing.T) {
	w := worldOf(listed("a"))
	other := listed("b")
	other.Status.ClusterID = "theirs"
	w.facts.Others = []*glustercluster.Object{other}
	w.facts.Clusters = []heketiapi.Cluster{{ID: "theirs", File: true}, {ID: "for blocks"}}
	w.run(t, undisturbed)
	if len(w.facts.Clusters) != 3 || w.object.Status.ClusterID != w.facts.Clusters[2].ID {
		t.Errorf("heketi has %+v, and the status is %+v", w.facts.Clusters, w.object.Status)
	}
}

// TestRemedies has what LVM, glusterd and heketi say, with words of what is to be done then.
func TestRemedies(t *testing.T) {
	for said, want := range map[Step]map[string]string{
		{Do: AddDevice, Node: "a", Path: "/dev/x"}: {
			`Initializing device /dev/x failed (aleady contains Physical Volume u): Can't initialize physical volume "/dev/x" of volume group "vg_1" without -ff`: "lvm pvs",
			"Cannot use /dev/x: device is partitioned":                            "wipefs --all /dev/x",
			"WARNING: xfs signature detected on /dev/x at offset 0. Wipe it? [n]": "destroyData: true",
			"Device /dev/x excluded by a filter.":                                 "/etc/lvm/lvm.conf",
			"Cannot use /dev/x: device is not in devices file":                    "lvmdevices --adddev /dev/x",
			"No device found for /dev/x.":                                         "ls -l /dev/disk/by-id on node a",
			"Can't open /dev/x exclusively.  Mounted filesystem?":                 "unmount it",
			"Device already in use (ID: d)":                                       "list it once",
			"Cannot use /dev/x: device is a multipath component":                  "list that one instead",
			"bash: /usr/sbin/lvm: command not found":                              "install it there",
			"something new":                                                       "say more",
		},
		{Do: AddNode, Node: "a"}: {
			"peer probe: failed: 10.0.0.2 is either already part of another cluster or having volumes configured": "Left-overs",
			"New Node doesn't have glusterd running":                                      "glusterd does not answer",
			"peer probe: failed: Probe returned with Transport endpoint is not connected": "port 24007",
			"Unable to find a GlusterFS pod on host a with a label key glusterfs-node":    "kubectl get nodes",
		},
		{Do: DeleteDevice, Node: "a", Path: "/dev/x"}: {"No device found for /dev/x": "--force-forget"},
	} {
		for text, todo := range want {
			if got := Explain(said, text); !strings.Contains(got, todo) || !strings.HasPrefix(got, strings.TrimRight(strings.Join(strings.Fields(text), " "), ".")) {
				t.Errorf("%q is explained by %q, want %q", text, got, todo)
			}
		}
	}
}

// TestHeketiIsAway keeps what was known of an object while heketi does not answer.
func TestHeketiIsAway(t *testing.T) {
	w := worldOf(listed("a"))
	w.run(t, undisturbed)
	before := w.object.Status
	status := Unavailable(w.object, errors.New("heketi does not answer"), w.facts.Now)
	ready := meta.FindStatusCondition(status.Conditions, ConditionReady)
	if ready.Status != metav1.ConditionFalse || ready.Reason != HeketiUnavailable || ready.Message != "heketi does not answer" {
		t.Errorf("got %+v", ready)
	}
	if status.ClusterID != before.ClusterID || len(status.Nodes) != 1 || !meta.IsStatusConditionTrue(before.Conditions, ConditionReady) {
		t.Errorf("the status is %+v, and was %+v", status, before)
	}
}
