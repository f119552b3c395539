package disks

import (
	"maps"
	"time"

	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/heketiapi"
	"glusterfs-provisioner/provisioner/glustercli"
)

// Facts are what is known around an object.
type Facts struct {
	// Clusters are all of heketi's.
	Clusters []heketiapi.Cluster
	// Nodes are Kubernetes' nodes by name.
	Nodes map[string]KubernetesNode
	// Pods are the GlusterFS pods by the name of their node.
	Pods map[string]Pod
	// Others are the other objects of the same heketi.
	Others []*glustercluster.Object
	// PersistentVolumes are the names of those with volumes in a cluster, by its id. Operations are
	// heketi's unfinished ones. Both matter to an object that is going.
	PersistentVolumes map[string][]string
	Operations        []string
	// Volumes are those of heketi with files, by their ids; only of a cluster in which something drains.
	Volumes map[string]heketiapi.Volume
	// Gluster tells of what drains; nil if no pod can be asked.
	Gluster Gluster
	// Moved is when a brick was last moved, as far as that is known.
	Moved time.Time
	// Rival says who else takes bricks away meanwhile, such as a rollout; empty if nobody does.
	Rival string
	// Failures are steps that heketi has refused.
	Failures Failures
	Now      time.Time
}

// Gluster is gluster's word.
type Gluster interface {
	// Health is how the volume of that name is, at that time or later.
	Health(volume string, since time.Time) (glustercli.Health, error)
	// HasPeer says whether the pool has a host of that address.
	HasPeer(address string) (bool, error)
	// Peers is how many hosts GlusterFS knows in the pod of a node that is ready, beside itself.
	Peers(node string) (int, error)
}

// KubernetesNode is a node of Kubernetes.
type KubernetesNode struct {
	// Address is its InternalIP.
	Address string
	// HasLabel is whether it has the label to get a GlusterFS pod.
	HasLabel bool
}

// Pod is a GlusterFS pod.
type Pod struct {
	Name string
	// Container is its first one, in which gluster is.
	Container string
	Ready     bool
	// Why is what it tells of why it is not ready; empty if its log has to be read.
	Why string
	// Going says that somebody has deleted it. Its bricks may be served still.
	Going bool
}

// Failures are what has become of steps.
type Failures map[Step]Failure

// Failure is that heketi has refused a step.
type Failure struct {
	Said  string
	Tries int
	// Next is when the step is tried again.
	Next time.Time
}

const (
	// retryFirst is how long a refused step waits at first, and retryAtMost at last. Each try runs commands on a
	// node, and somebody who has mended the cause waits that long.
	retryFirst, retryAtMost = 5 * time.Second, 5 * time.Minute
)

// Note records that a step was refused.
func (f Failures) Note(step Step, said string, now time.Time) {
	failure := f[step]
	failure.Said = said
	failure.Next = now.Add(min(retryFirst<<min(failure.Tries, 10), retryAtMost))
	failure.Tries++
	f[step] = failure
}

// Forget forgets what was refused of an action, since it may be done by now.
func (f Failures) Forget(action Action) {
	maps.DeleteFunc(f, func(step Step, _ Failure) bool { return step.Do == action })
}

// isDue says whether a step may be tried.
func (f Facts) isDue(step Step) bool {
	failure, failed := f.Failures[step]
	return !failed || !f.Now.Before(failure.Next)
}
