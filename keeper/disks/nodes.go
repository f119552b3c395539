package disks

import (
	"fmt"

	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/heketiapi"
)

// The phases of a node.
const (
	// NodeNotInKubernetes has a name that no node of Kubernetes has.
	NodeNotInKubernetes = "NotInKubernetes"
	// NodeWaiting waits for its GlusterFS pod, or for its turn.
	NodeWaiting = "Waiting"
	// NodeAdding is being added by heketi.
	NodeAdding = "Adding"
	// NodeRefused cannot be added as it is.
	NodeRefused = "Refused"
	// NodeNotReady is in heketi, and has no pod that is ready.
	NodeNotReady = "NotReady"
	// NodeReady is in heketi, and its pod is ready.
	NodeReady = "Ready"
	// NodeDraining is to lose its disks, and is forgotten by heketi then.
	NodeDraining = "Draining"
	// NodeDrained is not heketi's any more, as it is wanted.
	NodeDrained = "Drained"
)

// nodeFacts are what is known of a listed node.
type nodeFacts struct {
	spec *glustercluster.Node
	// in is heketi's node; nil if heketi does not have it in this cluster.
	in       *heketiapi.Node
	podReady bool
	status   glustercluster.NodeStatus
}

// lookAt says how a listed node is. Addresses has whose the addresses are of those before it.
func (p *planning) lookAt(spec *glustercluster.Node, cluster heketiapi.Cluster, addresses map[string]string) *nodeFacts {
	one := &nodeFacts{spec: spec, status: glustercluster.NodeStatus{Name: spec.Name, Address: spec.Address}}
	known, isKnown := p.facts.Nodes[spec.Name]
	if one.status.Address == "" {
		one.status.Address = known.Address
	}
	one.in = nodeIn(cluster, spec.Name)
	pod := p.facts.Pods[spec.Name]
	one.podReady = pod.Ready
	switch {
	case spec.Drain && p.unsure:
		one.status.Phase = NodeWaiting
	case spec.Drain && one.in == nil && p.losesLabel(spec.Name):
		one.status.Phase = NodeDraining
	case spec.Drain && one.in == nil:
		one.status.Phase = NodeDrained
	case spec.Drain:
		one.status.Phase, one.status.ID, one.status.Address = NodeDraining, one.in.ID, one.in.Address
	case one.in != nil:
		p.compare(one, known.Address)
		p.lookAtPresent(one, isKnown, pod)
	case !isKnown:
		one.status.Phase = NodeNotInKubernetes
		one.status.Message = "Kubernetes has no node of that name; give the name that kubectl get nodes shows"
		p.problem(NodesRefused, fmt.Sprintf("node %s: %s", spec.Name, one.status.Message))
	default:
		p.lookAtNew(one, addresses, pod)
	}
	if address := one.status.Address; address != "" && addresses[address] == "" {
		addresses[address] = spec.Name
	}
	p.lookAtDevices(one)
	return one
}

// nodeIn finds a node by its name; nil if the cluster does not have it.
func nodeIn(cluster heketiapi.Cluster, name string) *heketiapi.Node {
	for i := range cluster.Nodes {
		if cluster.Nodes[i].Name == name {
			return &cluster.Nodes[i]
		}
	}
	return nil
}

// lookAtPresent is for a node that heketi has.
func (p *planning) lookAtPresent(one *nodeFacts, isKnown bool, pod Pod) {
	one.status.ID = one.in.ID
	one.status.Phase = NodeReady
	one.status.Address = one.in.Address
	if isKnown && pod.Ready {
		return
	}
	one.status.Phase, one.status.Message = NodeNotReady, aboutPod(pod)
	if !isKnown {
		one.status.Message = "Kubernetes has no node of that name any more; if it does not come back, list it with drain: true and lost: true"
	}
	p.waits = true
	p.problem(NodesNotReady, fmt.Sprintf("node %s: %s", one.spec.Name, one.status.Message))
}

// lookAtNew is for a node that heketi does not have in this cluster.
func (p *planning) lookAtNew(one *nodeFacts, addresses map[string]string, pod Pod) {
	if wrong := p.refusal(one, addresses); wrong != "" {
		one.status.Phase, one.status.Message = NodeRefused, wrong
		p.problem(NodesRefused, fmt.Sprintf("node %s: %s", one.spec.Name, wrong))
		return
	}
	one.status.Phase = NodeWaiting
	if !pod.Ready {
		one.status.Message = aboutPod(pod)
		p.waits = true
		p.problem(NodesNotReady, fmt.Sprintf("node %s: %s", one.spec.Name, one.status.Message))
		return
	}
	p.problem(Adding, fmt.Sprintf("node %s is to be added", one.spec.Name))
}

// refusal returns what is wrong with a node that could be seen before heketi is asked.
func (p *planning) refusal(one *nodeFacts, addresses map[string]string) string {
	address := one.status.Address
	if address == "" {
		return "the node has no InternalIP in Kubernetes; give its address"
	}
	if other := addresses[address]; other != "" {
		return fmt.Sprintf("node %s has the same address %s; give each its own", other, address)
	}
	for name, node := range p.facts.Nodes {
		if name != one.spec.Name && node.Address == address {
			return fmt.Sprintf("the address %s is that of node %s; give its own", address, name)
		}
	}
	for _, cluster := range p.facts.Clusters {
		for _, node := range cluster.Nodes {
			switch {
			case node.Name == one.spec.Name:
				return "it is in another cluster of heketi, " + p.describe(cluster.ID) + "; a node can be in one only"
			case node.Address == address:
				return fmt.Sprintf("heketi has its address %s under the name %s, in the cluster %s; remove that node from heketi, or list it by that name", address, node.Name, p.describe(cluster.ID))
			}
		}
	}
	return ""
}

// describe names a cluster of heketi's.
func (p *planning) describe(cluster string) string {
	if owner := p.ownerOf(cluster); owner != "" {
		return cluster + " of " + glustercluster.Kind + " " + owner
	}
	return cluster
}

func aboutPod(pod Pod) string {
	if pod.Name == "" {
		return "no GlusterFS pod runs there yet; if none comes, look at the DaemonSet glusterfs: kubectl -n glusterfs describe daemonset glusterfs"
	}
	if pod.Why != "" {
		return fmt.Sprintf("its GlusterFS pod %s is not ready: %s", pod.Name, pod.Why)
	}
	return fmt.Sprintf("its GlusterFS pod %s is not ready; its log says why", pod.Name)
}
