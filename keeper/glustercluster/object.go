package glustercluster

import (
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Resource is where the API server has the objects.
var Resource = schema.GroupVersionResource{Group: "gluster.org", Version: "v1alpha1", Resource: "glusterclusters"}

const (
	// Kind is the kind of the objects.
	Kind = "GlusterCluster"
	// Finalizer keeps an object until heketi has nothing of it any more.
	Finalizer = "gluster.org/heketi-cluster"
	// LabelStorageNode is true on nodes that have a GlusterFS pod, see deploy/glusterfs.
	LabelStorageNode = "gluster.org/storage-node"
)

// Object is a GlusterCluster.
type Object struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              Spec   `json:"spec"`
	Status            Status `json:"status,omitempty"`
}

// Spec is what a person wants.
type Spec struct {
	// Heketi is nil only in what the API server has not seen yet, and then the default one.
	Heketi *Heketi `json:"heketi,omitempty"`
	Nodes  []Node  `json:"nodes"`
}

// Heketi is the heketi that gets the disks.
type Heketi struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name,omitempty"`
}

// Node is a node with disks.
type Node struct {
	// Name is the node's in Kubernetes.
	Name string `json:"name"`
	// Address is the IP address by which GlusterFS reaches it; the node's InternalIP if empty.
	Address string `json:"address,omitempty"`
	Zone    int    `json:"zone,omitempty"`
	// Drain and Lost are for all of its disks, and for the node itself once it has none.
	Drain   bool     `json:"drain,omitempty"`
	Lost    bool     `json:"lost,omitempty"`
	Devices []Device `json:"devices,omitempty"`
}

// Device is a disk.
type Device struct {
	Path        string `json:"path"`
	DestroyData bool   `json:"destroyData,omitempty"`
	// Drain says that its bricks are to move away, and that heketi is to forget it then; Lost that nothing can be
	// read from it any more.
	Drain bool `json:"drain,omitempty"`
	Lost  bool `json:"lost,omitempty"`
}

// Status is how it is.
type Status struct {
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	ClusterID          string             `json:"clusterID,omitempty"`
	Summary            Summary            `json:"summary,omitempty"`
	Nodes              []NodeStatus       `json:"nodes,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

// Summary says how many of the listed are ready, such as 2/3.
type Summary struct {
	Nodes   string `json:"nodes,omitempty"`
	Devices string `json:"devices,omitempty"`
}

// NodeStatus is how a listed node is.
type NodeStatus struct {
	Name    string         `json:"name"`
	ID      string         `json:"id,omitempty"`
	Address string         `json:"address,omitempty"`
	Phase   string         `json:"phase"`
	Message string         `json:"message,omitempty"`
	Devices []DeviceStatus `json:"devices,omitempty"`
}

// DeviceStatus is how a listed disk is.
type DeviceStatus struct {
	Path    string `json:"path"`
	ID      string `json:"id,omitempty"`
	Phase   string `json:"phase"`
	Message string `json:"message,omitempty"`
}

// Drains says whether a disk of the node is to be drained.
func (n *Node) Drains(device *Device) bool { return n.Drain || device.Drain }

// Loses says whether a disk that is to be drained cannot be read any more.
func (n *Node) Loses(device *Device) bool {
	return n.Drain && n.Lost || device.Drain && device.Lost
}

// Drains says whether anything is to be drained.
func (s Spec) Drains() bool {
	return slices.ContainsFunc(s.Nodes, func(node Node) bool {
		return node.Drain || slices.ContainsFunc(node.Devices, func(device Device) bool { return device.Drain })
	})
}

// IsGoing says whether somebody has deleted the object.
func (o *Object) IsGoing() bool { return o.DeletionTimestamp != nil }

// Reference names a field of the object in events.
func (o *Object) Reference(field string) *v1.ObjectReference {
	return &v1.ObjectReference{
		APIVersion: Resource.GroupVersion().String(), Kind: Kind,
		Name: o.Name, UID: o.UID, ResourceVersion: o.ResourceVersion, FieldPath: field,
	}
}

// Lists says whether the spec has a node of that name.
func (s Spec) Lists(node string) bool {
	for i := range s.Nodes {
		if s.Nodes[i].Name == node {
			return true
		}
	}
	return false
}

// Read reads an object as the API server gives it.
func Read(found *unstructured.Unstructured) (*Object, error) {
	object := &Object{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(found.Object, object); err != nil {
		return nil, fmt.Errorf("cannot read %s %s: %w", Kind, found.GetName(), err)
	}
	return object, nil
}

// WithStatus returns the object with another status, as the API server takes it.
func WithStatus(found *unstructured.Unstructured, status Status) (*unstructured.Unstructured, error) {
	written, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&status)
	if err != nil {
		return nil, fmt.Errorf("cannot write the status of %s %s: %w", Kind, found.GetName(), err)
	}
	changed := found.DeepCopy()
	changed.Object["status"] = written
	return changed, nil
}
