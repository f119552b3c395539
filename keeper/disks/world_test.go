package disks

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/heketiapi"
)

// world is what steps change.
type world struct {
	object *glustercluster.Object
	facts  Facts
	made   int
	// gluster is what facts.Gluster has.
	gluster *pool
}

// listed is an object of nodes a, b and so on, each with two disks.
func listed(nodes ...string) *glustercluster.Object {
	object := &glustercluster.Object{ObjectMeta: metav1.ObjectMeta{Name: "disks", Generation: 1}}
	for _, name := range nodes {
		object.Spec.Nodes = append(object.Spec.Nodes, glustercluster.Node{
			Name: name, Zone: 1, Devices: []glustercluster.Device{{Path: "/dev/" + name + "1"}, {Path: "/dev/" + name + "2"}},
		})
	}
	return object
}

// worldOf has a Kubernetes node with a pod that is ready for each listed node, and a heketi without anything.
func worldOf(object *glustercluster.Object) *world {
	w := &world{object: object, gluster: &pool{healing: map[string]int{}}, facts: Facts{
		Nodes: map[string]KubernetesNode{}, Pods: map[string]Pod{}, Failures: Failures{}, PersistentVolumes: map[string][]string{},
		Now: time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC),
	}}
	for i, node := range object.Spec.Nodes {
		w.facts.Nodes[node.Name] = KubernetesNode{Address: fmt.Sprintf("10.0.0.%d", i+1)}
		w.facts.Pods[node.Name] = Pod{Name: "glusterfs-" + node.Name, Ready: true}
	}
	w.facts.Gluster = w.gluster
	return w
}

func (w *world) id(kind string) string {
	w.made++
	return fmt.Sprintf("%s%d", kind, w.made)
}

// do changes the world as heketi and Kubernetes would. It fails the test on what heketi would refuse.
func (w *world) do(t *testing.T, step Step) {
	t.Helper()
	switch step.Do {
	case AddFinalizer:
		w.object.Finalizers = append(w.object.Finalizers, glustercluster.Finalizer)
	case RemoveFinalizer:
		w.object.Finalizers = nil
	case LabelNode, UnlabelNode:
		node := w.facts.Nodes[step.Node]
		node.HasLabel = step.Do == LabelNode
		w.facts.Nodes[step.Node] = node
	case MakeCluster:
		w.facts.Clusters = append(w.facts.Clusters, heketiapi.Cluster{ID: w.id("cluster"), File: true})
	case AddNode:
		cluster := w.cluster(t, step.Cluster)
		for _, other := range w.facts.Clusters {
			for _, node := range other.Nodes {
				if node.Name == step.Node || node.Address == step.Address {
					t.Errorf("%v: there is %v", step, node)
				}
			}
		}
		cluster.Nodes = append(cluster.Nodes, heketiapi.Node{ID: w.id("node"), Name: step.Node, Address: step.Address, Zone: step.Zone})
	case DeleteCluster:
		if len(w.cluster(t, step.Cluster).Nodes) > 0 {
			t.Errorf("%v: it has nodes", step)
		}
		w.facts.Clusters = slices.DeleteFunc(w.facts.Clusters, func(cluster heketiapi.Cluster) bool { return cluster.ID == step.Cluster })
	case MoveBrick:
		w.moveBrick(t, step)
	case DetachPeer:
		w.gluster.peers = slices.DeleteFunc(w.gluster.peers, func(address string) bool { return address == step.Address })
	default:
		w.doInNodes(t, step)
	}
}

func (w *world) doInNodes(t *testing.T, step Step) {
	t.Helper()
	for i := range w.facts.Clusters {
		cluster := &w.facts.Clusters[i]
		for j := range cluster.Nodes {
			node := &cluster.Nodes[j]
			if node.ID == step.NodeID && step.Do == AddDevice {
				if deviceIn(node, step.Path) != nil {
					t.Errorf("%v: it is there", step)
				}
				node.Devices = append(node.Devices, heketiapi.Device{ID: w.id("device"), Paths: []string{step.Path}, State: api.EntryStateOnline})
			}
			for k := range node.Devices {
				if device := &node.Devices[k]; device.ID == step.DeviceID && step.Do == SetDeviceState {
					if device.State == api.EntryStateOnline && step.State != api.EntryStateOffline {
						t.Errorf("%v: it is online", step)
					}
					device.State = step.State
				}
			}
			if step.Do == DeleteDevice || step.Do == ForgetDevice {
				node.Devices = slices.DeleteFunc(node.Devices, func(device heketiapi.Device) bool {
					return device.ID == step.DeviceID && device.State == api.EntryStateFailed && len(device.Bricks) == 0
				})
			}
		}
		if step.Do == DeleteNode {
			cluster.Nodes = slices.DeleteFunc(cluster.Nodes, func(node heketiapi.Node) bool { return node.ID == step.NodeID && len(node.Devices) == 0 })
		}
	}
}

func (w *world) cluster(t *testing.T, id string) *heketiapi.Cluster {
	t.Helper()
	for i := range w.facts.Clusters {
		if w.facts.Clusters[i].ID == id {
			return &w.facts.Clusters[i]
		}
	}
	t.Fatalf("there is no cluster %q", id)
	return nil
}

// run plans and does, at most so many steps, and returns how many there were. Before is called before each step, and may
// say that the step is not done.
func (w *world) run(t *testing.T, before func(number int, step Step) (lost bool)) (steps int) {
	t.Helper()
	for range 200 {
		plan := Make(w.object, w.facts)
		w.object.Status = plan.Status
		if plan.Next.Do == Nothing {
			return steps
		}
		if !before(steps, plan.Next) {
			w.do(t, plan.Next)
		}
		steps++
	}
	t.Fatal("it does not end")
	return steps
}

func undisturbed(int, Step) bool { return false }

// expect checks that heketi has what is listed, once.
func (w *world) expect(t *testing.T) {
	t.Helper()
	if len(w.facts.Clusters) != 1 || len(w.facts.Clusters[0].Nodes) != len(w.object.Spec.Nodes) {
		t.Fatalf("heketi has %+v", w.facts.Clusters)
	}
	for _, node := range w.facts.Clusters[0].Nodes {
		if len(node.Devices) != 2 {
			t.Errorf("heketi has %+v", node)
		}
	}
}
