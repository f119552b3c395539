package keeper

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gcli "github.com/heketi/heketi/client/api/go-client"
	"github.com/heketi/heketi/pkg/glusterfs/api"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"glusterfs-provisioner/keeper/disks"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/test/bench"
)

// expectHeketiHas checks that heketi has one cluster with these nodes and disks, once each.
func expectHeketiHas(t *testing.T, client *gcli.Client, nodes []glustercluster.Node) (cluster string) {
	t.Helper()
	topology := must[*api.TopologyInfoResponse](t)(client.TopologyInfo())
	if len(topology.ClusterList) != 1 {
		t.Fatalf("heketi has %d clusters", len(topology.ClusterList))
	}
	var has, want []string
	for _, node := range topology.ClusterList[0].Nodes {
		has = append(has, fmt.Sprintf("%s zone %d", node.Hostnames.Manage[0], node.Zone))
		for _, device := range node.DevicesInfo {
			has = append(has, node.Hostnames.Manage[0]+" "+device.Name)
		}
	}
	for _, node := range nodes {
		want = append(want, fmt.Sprintf("%s zone %d", node.Name, node.Zone))
		for _, device := range node.Devices {
			want = append(want, node.Name+" "+device.Path)
		}
	}
	slices.Sort(has)
	slices.Sort(want)
	if !slices.Equal(has, want) {
		t.Errorf("heketi has %q, want %q", has, want)
	}
	return topology.ClusterList[0].Id
}

// expectLabels checks which of the nodes are to have a GlusterFS pod.
func expectLabels(t *testing.T, nodes []glustercluster.Node, want bool) {
	t.Helper()
	for _, node := range nodes {
		found := must[*v1.Node](t)(env.client.CoreV1().Nodes().Get(t.Context(), node.Name, metav1.GetOptions{}))
		if has := found.Labels[glustercluster.LabelStorageNode] == "true"; has != want {
			t.Errorf("node %s has the labels %v", node.Name, found.Labels)
		}
	}
}

// TestDisksAreInstalled has empty disks become a cluster in which volumes are made, and then more of them.
func TestDisksAreInstalled(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.start(t, t.TempDir(), withDisks)
	nodes, name := p.addKubernetesNodes(t, 3, "/dev/disk/by-id/one"), unique("disks")
	p.apply(t, name, nodes)
	kubectl(t, "kubectl wait --for=condition=Ready --timeout=60s glustercluster/"+name)
	status := waitReady(t, name)
	if id := expectHeketiHas(t, k.client(t), nodes); status.ClusterID != id || status.Summary != (glustercluster.Summary{Nodes: "3/3", Devices: "3/3"}) {
		t.Errorf("the status is %+v", status)
	}
	expectLabels(t, nodes, true)
	create(t, k.client(t), "first")
	expectEvents(t, name, "HeketiClusterMade", "NodeAdded", "DeviceAdded", "GlusterClusterReady")
	_, metrics := k.get(t, "/metrics")
	for _, want := range []string{
		fmt.Sprintf(`heketi_keeper_glustercluster_ready{glustercluster=%q} 1`, name),
		fmt.Sprintf(`heketi_keeper_glustercluster_devices{glustercluster=%q,phase="Online"} 3`, name),
	} {
		bench.Eventually(t, soon, func(context.Context) error {
			if _, metrics = k.get(t, "/metrics"); !strings.Contains(metrics, want) {
				return fmt.Errorf("/metrics lacks %s", want)
			}
			return nil
		})
	}

	// A disk more.
	nodes[1].Devices = append(nodes[1].Devices, glustercluster.Device{Path: "/dev/disk/by-id/two"})
	p.apply(t, name, nodes)
	waitReady(t, name)
	expectHeketiHas(t, k.client(t), nodes)

	// A node more, before those that are there, as in a topology file that makes heketi-cli make a second cluster.
	nodes = append(p.addKubernetesNodes(t, 1, "/dev/disk/by-id/one"), nodes...)
	p.apply(t, name, nodes)
	waitReady(t, name)
	expectHeketiHas(t, k.client(t), nodes)

	// What is not listed any more stays in heketi, and is told of.
	p.apply(t, name, nodes[1:])
	waitReason(t, name, disks.ConditionInSync, disks.Unlisted, nodes[0].Name)
	expectHeketiHas(t, k.client(t), nodes)
	// So is what heketi cannot change.
	nodes[1].Zone = 7
	p.apply(t, name, nodes)
	waitReason(t, name, disks.ConditionInSync, disks.Unlisted, nodes[1].Name+" is in zone 1 in heketi, not 7")
}

// TestDisksAreAdopted makes an object for what heketi has, as of a topology file, or as after a restore of the cluster's
// objects without their status. There is no second cluster.
func TestDisksAreAdopted(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.start(t, t.TempDir(), withDisks)
	client := k.client(t)
	nodes, name := p.addKubernetesNodes(t, 2, "/dev/sdb"), unique("disks")
	cluster := must[*api.ClusterInfoResponse](t)(client.ClusterCreate(&api.ClusterCreateRequest{ClusterFlags: api.ClusterFlags{File: true}}))
	must[*api.NodeInfoResponse](t)(client.NodeAdd(&api.NodeAddRequest{
		ClusterId: cluster.Id, Hostnames: api.HostAddresses{Manage: []string{nodes[1].Name}, Storage: []string{"10.200.0.1"}}, Zone: 2,
	}))
	p.apply(t, name, nodes)
	status := waitReady(t, name)
	if id := expectHeketiHas(t, client, nodes); id != cluster.Id || status.ClusterID != id || status.Nodes[1].Address != "10.200.0.1" {
		t.Errorf("the cluster is %s, and the status %+v", id, status)
	}

	// Without its status, and without a keeper that remembers it.
	k.endWell(t)
	objects := env.objects.Resource(glustercluster.Resource)
	found := must[*unstructured.Unstructured](t)(objects.Get(t.Context(), name, metav1.GetOptions{}))
	delete(found.Object, "status")
	must[*unstructured.Unstructured](t)(objects.UpdateStatus(t.Context(), found, metav1.UpdateOptions{}))
	k = p.start(t, t.TempDir(), withDisks)
	if again := waitReady(t, name).ClusterID; again != expectHeketiHas(t, k.client(t), nodes) || again != cluster.Id {
		t.Errorf("the cluster is %s, and was %s", again, cluster.Id)
	}
}

// TestDiskIsRefused has a disk that is not empty, beside others. The others are used; what is wrong is told, with heketi's words and
// the remedy, and the disk is used once it is empty.
func TestDiskIsRefused(t *testing.T) {
	t.Parallel()
	full := filepath.Join(t.TempDir(), "full")
	if err := os.WriteFile(full, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPlace(t, nil,
		bench.Fault{Command: "pvcreate .*/dev/full", While: full, Error: `Can't initialize physical volume "/dev/full" of volume group "old" without -ff`},
		bench.Fault{Command: "wipefs --all /dev/wiped", Error: "wipefs was asked for"},
		bench.Fault{Command: "pvcreate .*/dev/wiped", Error: "WARNING: xfs signature detected on /dev/wiped at offset 0"},
		// As of a disk that LVM does not know.
		bench.Fault{Command: "pvs -o .*/dev/wiped", Error: "Failed to find physical volume"},
	)
	k := p.start(t, t.TempDir(), withDisks)
	nodes, name := p.addKubernetesNodes(t, 1, "/dev/full", "/dev/wiped", "/dev/good"), unique("disks")
	p.apply(t, name, nodes)
	waitReason(t, name, disks.ConditionReady, disks.DevicesRefused, "/dev/full on node "+nodes[0].Name, `volume group "old" without -ff`, "What to do: the disk is not empty", "destroyData: true")
	// It is tried again, and told of again.
	bench.Eventually(t, soon, func(ctx context.Context) error {
		list, err := env.client.CoreV1().Events(metav1.NamespaceDefault).List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.name=" + name})
		if err == nil && !slices.ContainsFunc(list.Items, func(event v1.Event) bool { return event.Reason == "DeviceRefused" && event.Count > 1 }) {
			err = errors.New("there is no event of a second try")
		}
		return err
	})
	status := waitStatus(t, name, func(status glustercluster.Status) error {
		if status.Summary.Devices != "1/3" || !strings.Contains(status.Nodes[0].Devices[1].Message, "xfs signature") {
			return errors.New("not all disks were tried")
		}
		return nil
	})
	if good := status.Nodes[0].Devices[2]; good.Phase != disks.DeviceOnline || good.ID == "" {
		t.Errorf("the empty disk is %+v", good)
	}
	// Who says so has the disk wiped, at once.
	nodes[0].Devices[1].DestroyData = true
	p.apply(t, name, nodes)
	waitStatus(t, name, func(status glustercluster.Status) error {
		if said := status.Nodes[0].Devices[1].Message; !strings.Contains(said, "wipefs was asked for") {
			return fmt.Errorf("the disk is not wiped: %s", said)
		}
		return nil
	})
	// A disk that was emptied by hand is tried again, and one that is not listed any more is not asked for.
	if err := os.Remove(full); err != nil {
		t.Fatal(err)
	}
	nodes[0].Devices = slices.Delete(nodes[0].Devices, 1, 2)
	p.apply(t, name, nodes)
	waitReady(t, name)
	expectHeketiHas(t, k.client(t), nodes)
}

// TestNodesAreRefused has each mistake that a person can make with nodes. What is right is used meanwhile.
func TestNodesAreRefused(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil, bench.Fault{Command: "peer probe 10.250.0.1", Error: "peer probe: failed: 10.250.0.1 is either already part of another cluster or having volumes configured"})
	k := p.start(t, t.TempDir(), withDisks)
	good, name := p.addKubernetesNodes(t, 1, "/dev/sdb"), unique("disks")
	more := p.addKubernetesNodes(t, 4, "/dev/sdb")
	more[0].Name = unique("nowhere")
	p.setReady(t, "glusterfs-"+more[1].Name, false)
	more[2].Address = "10.250.0.1"
	goods := must[*v1.Node](t)(env.client.CoreV1().Nodes().Get(t.Context(), good[0].Name, metav1.GetOptions{}))
	more[3].Address = goods.Status.Addresses[1].Address
	p.apply(t, name, slices.Concat(good, more))
	waitReason(t, name, disks.ConditionReady, disks.NodesRefused,
		more[0].Name+": Kubernetes has no node of that name",
		"already part of another cluster", "What to do: glusterd on the node knows another pool",
		"node "+good[0].Name+" has the same address")
	status := waitStatus(t, name, func(status glustercluster.Status) error {
		if status.Summary.Devices != "1/5" {
			return errors.New("the right one is not used")
		}
		return nil
	})
	if waiting := status.Nodes[2]; waiting.Phase != disks.NodeWaiting || !strings.Contains(waiting.Message, "glusterfs-"+more[1].Name+" is not ready") {
		t.Errorf("the node without a pod that is ready is %+v", waiting)
	}
	expectEvents(t, name, "NodeRefused", "GlusterClusterNotReady")

	// Once all is right, all is used.
	p.setReady(t, "glusterfs-"+more[1].Name, true)
	more[2].Address, more[3].Address = "", ""
	p.apply(t, name, slices.Concat(good, more[1:]))
	waitReady(t, name)
	expectHeketiHas(t, k.client(t), slices.Concat(good, more[1:]))

	// The nodes of one object are not those of another.
	second := unique("disks")
	p.apply(t, second, good)
	waitReason(t, second, disks.ConditionReady, disks.NodesRefused, "in another cluster of heketi", "of GlusterCluster "+name)
	kubectl(t, "kubectl delete glustercluster "+second)
	waitGone(t, second)
	waitReady(t, name)
	expectLabels(t, good, true)
}

// TestTwoObjectsAreTwoClusters has two objects of one heketi, and one of another heketi.
func TestTwoObjectsAreTwoClusters(t *testing.T) {
	t.Parallel()
	p, elsewhere := newPlace(t, nil), newPlace(t, nil)
	first, second, third := unique("disks"), unique("disks"), unique("disks")
	p.apply(t, first, p.addKubernetesNodes(t, 1, "/dev/sdb"))
	p.apply(t, second, p.addKubernetesNodes(t, 1, "/dev/sdb"))
	elsewhere.apply(t, third, elsewhere.addKubernetesNodes(t, 1, "/dev/sdb"))
	k := p.start(t, t.TempDir(), withDisks)
	ids := []string{waitReady(t, first).ClusterID, waitReady(t, second).ClusterID}
	slices.Sort(ids)
	if has := must[*api.ClusterListResponse](t)(k.client(t).ClusterList()).Clusters; ids[0] == ids[1] || !slices.Equal(has, ids) {
		t.Errorf("heketi has the clusters %q, and the objects %q", has, ids)
	}
	if other := must[*glustercluster.Object](t)(object(t.Context(), third)); len(other.Status.Conditions) > 0 || len(other.Finalizers) > 0 {
		t.Errorf("the object of another heketi is %+v", other)
	}
	// The one goes, the other stays.
	kubectl(t, "kubectl delete glustercluster "+first)
	waitGone(t, first)
	waitReady(t, second)
	if has := must[*api.ClusterListResponse](t)(k.client(t).ClusterList()).Clusters; len(has) != 1 {
		t.Errorf("heketi has the clusters %q", has)
	}
}

// TestDisksAreRemoved deletes an object: not while volumes, PersistentVolumes or unfinished operations need the disks.
func TestDisksAreRemoved(t *testing.T) {
	t.Parallel()
	stuck := filepath.Join(t.TempDir(), "stuck")
	p := newPlace(t, nil, bench.Fault{Command: "vgremove", While: stuck, Error: "Volume group is in use"})
	k := p.start(t, t.TempDir(), withDisks)
	nodes, name := p.addKubernetesNodes(t, 3, "/dev/sdb"), unique("disks")
	p.apply(t, name, nodes)
	cluster := waitReady(t, name).ClusterID
	client := k.client(t)
	made := must[*api.VolumeInfoResponse](t)(client.VolumeCreate(newVolume("first")))
	pv := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: unique("pv"), Annotations: map[string]string{"gluster.org/heketi-url": otherHeketi}},
		Spec: v1.PersistentVolumeSpec{
			AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteMany},
			Capacity:    v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")},
			PersistentVolumeSource: v1.PersistentVolumeSource{
				CSI: &v1.CSIPersistentVolumeSource{Driver: "glusterfs.csi.gluster.org", VolumeHandle: cluster + ":" + made.Id},
			},
		},
	}
	must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Create(t.Context(), pv, metav1.CreateOptions{}))

	kubectl(t, "kubectl delete --wait=false glustercluster "+name)
	waitReason(t, name, disks.ConditionRemovalBlocked, disks.InUse, "PersistentVolume "+pv.Name, "volume "+made.Id)
	expectEvents(t, name, "RemovalBlocked")
	if err := env.client.CoreV1().PersistentVolumes().Delete(t.Context(), pv.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	waitStatus(t, name, func(glustercluster.Status) error {
		_, err := env.client.CoreV1().PersistentVolumes().Get(t.Context(), pv.Name, metav1.GetOptions{})
		if err == nil {
			return errors.New("the PersistentVolume is not gone")
		}
		return nil
	})
	expectHeketiHas(t, client, nodes)
	expectLabels(t, nodes, true)

	if err := os.WriteFile(stuck, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := client.VolumeDelete(made.Id); err != nil {
		t.Fatal(err)
	}
	waitReason(t, name, disks.ConditionRemovalBlocked, disks.RemovalFails, "/dev/sdb", "Volume group is in use")
	if err := os.Remove(stuck); err != nil {
		t.Fatal(err)
	}
	waitGone(t, name)
	if has := must[*api.ClusterListResponse](t)(client.ClusterList()).Clusters; len(has) > 0 {
		t.Errorf("heketi has the clusters %q", has)
	}
	expectLabels(t, nodes, false)
	expectEvents(t, name, "HeketiClusterRemoved")

	// The same disks can be used again.
	p.apply(t, name, nodes)
	waitReady(t, name)
	expectHeketiHas(t, client, nodes)
}

// TestObjectIsMadeAgain deletes an object by mistake: while a volume uses its disks, and while none does and no keeper runs. Only the object
// goes, and made again it has what it had.
func TestObjectIsMadeAgain(t *testing.T) {
	t.Parallel()
	p := newPlace(t, nil)
	k := p.start(t, t.TempDir(), withDisks)
	nodes, name := p.addKubernetesNodes(t, 3, "/dev/sdb"), unique("disks")
	p.apply(t, name, nodes)
	cluster := waitReady(t, name).ClusterID
	letGo := func() {
		kubectl(t, `kubectl patch glustercluster `+name+` --type=json -p [{"op":"remove","path":"/metadata/finalizers"}]`)
		waitGone(t, name)
	}
	expectSame := func(k *keeper) {
		t.Helper()
		expectHeketiHas(t, k.client(t), nodes)
		expectLabels(t, nodes, true)
		p.apply(t, name, nodes)
		if again := waitReady(t, name).ClusterID; again != cluster {
			t.Errorf("it has the cluster %q, and had %q", again, cluster)
		}
	}
	made := must[*api.VolumeInfoResponse](t)(k.client(t).VolumeCreate(newVolume("first")))
	kubectl(t, "kubectl delete --wait=false glustercluster "+name)
	waitReason(t, name, disks.ConditionRemovalBlocked, disks.InUse, "Deleted by mistake")
	letGo()
	expectSame(k)

	if err := k.client(t).VolumeDelete(made.Id); err != nil {
		t.Fatal(err)
	}
	k.endWell(t)
	kubectl(t, "kubectl delete --wait=false glustercluster "+name)
	letGo()
	expectSame(p.start(t, t.TempDir(), withDisks))
}

// TestFaultKeeperKilledAtDisks kills the keeper at each kind of request to Kubernetes by which disks are installed, drained and removed, before
// it arrives or after. The next one, elsewhere, goes on, and nothing is there twice. TestStepsAreFoundAgain and TestDrainIsFoundAgain have every step.
func TestFaultKeeperKilledAtDisks(t *testing.T) {
	t.Parallel()
	const objects, nodes, database = "/glusterclusters/", "/nodes/", "/secrets/heketi-database"
	for name, request := range map[string]struct {
		method, path string
		action       bench.Action
		doing        doing
	}{
		"finalizer":             {http.MethodPatch, objects, bench.HoldAnswer, installing},
		"label":                 {http.MethodPatch, nodes, bench.Hold, installing},
		"status":                {http.MethodPut, objects, bench.HoldAnswer, installing},
		"before save":           {http.MethodPut, database, bench.Hold, installing},
		"save":                  {http.MethodPut, database, bench.HoldAnswer, installing},
		"status of drain":       {http.MethodPut, objects, bench.HoldAnswer, draining},
		"label of drain":        {http.MethodPatch, nodes, bench.HoldAnswer, draining},
		"before save of drain":  {http.MethodPut, database, bench.Hold, draining},
		"status of removal":     {http.MethodPut, objects, bench.Hold, removing},
		"label of removal":      {http.MethodPatch, nodes, bench.HoldAnswer, removing},
		"finalizer of removal":  {http.MethodPatch, objects, bench.HoldAnswer, removing},
		"before save of remove": {http.MethodPut, database, bench.Hold, removing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killedAtDisks(t, request.method, request.path, request.action, request.doing)
		})
	}
}

// doing is what a keeper is at when it is killed.
type doing int

const (
	installing doing = iota
	draining
	removing
)

func killedAtDisks(t *testing.T, method, path string, action bench.Action, at doing) {
	proxy := newProxy(t)
	p := newPlace(t, proxy)
	nodes, name := p.addKubernetesNodes(t, 2, "/dev/sdb"), unique("disks")
	env.kubelets.answer(p.namespace, (&pool{}).say)
	k := p.start(t, t.TempDir(), withDisks)
	if at != installing {
		p.apply(t, name, nodes)
		waitReady(t, name)
	}
	disturbed := proxy.Disturb(method, path, action)
	switch at {
	case draining:
		nodes[0].Drain = true
		fallthrough
	case installing:
		p.apply(t, name, nodes)
	case removing:
		kubectl(t, "kubectl delete --wait=false glustercluster "+name)
	}
	select {
	case <-disturbed.Reached():
	case <-time.After(soon):
		t.Fatal("it does not send the request")
	}
	k.kill(t)
	proxy.Calm()
	k = p.start(t, t.TempDir(), withDisks)
	switch at {
	case draining:
		waitReason(t, name, disks.ConditionDraining, disks.AllDrained)
		expectLabels(t, nodes[:1], false)
		nodes = nodes[1:]
		fallthrough
	case installing:
		waitReady(t, name)
		expectHeketiHas(t, k.client(t), nodes)
	case removing:
		waitGone(t, name)
		expectLabels(t, nodes, false)
		if has := must[*api.ClusterListResponse](t)(k.client(t).ClusterList()).Clusters; len(has) > 0 {
			t.Errorf("heketi has the clusters %q", has)
		}
	}
}

// TestFaultLeaseIsTakenWhileNodeHangs has somebody else hold the Lease while heketi asks a node that does not answer, on behalf of the
// keeper itself. The keeper does not wait for it.
func TestFaultLeaseIsTakenWhileNodeHangs(t *testing.T) {
	t.Parallel()
	const hangs = 10 * soon
	p := newPlace(t, nil, bench.Fault{Command: "systemctl status glusterd", Pause: hangs})
	k := p.start(t, t.TempDir(), withDisks, "--leader-elect-lease-duration=15s", "--leader-elect-renew-deadline=10s")
	name := unique("disks")
	p.apply(t, name, p.addKubernetesNodes(t, 1, "/dev/sdb"))
	waitStatus(t, name, func(status glustercluster.Status) error {
		if status.Nodes[0].Phase != disks.NodeAdding {
			return errors.New("the node is not being added")
		}
		return nil
	})
	p.takeLease(t)
	if code := k.waitEnded(t); code != 1 || !strings.Contains(k.Output(), "lost the Lease") {
		t.Errorf("it ended with %d", code)
	}
}
