package disks

import (
	"fmt"
	"slices"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/heketiapi"
)

// remove plans for an object that somebody has deleted: nothing while its disks are in use, then
// disks, nodes, cluster, labels and the finalizer.
func (p *planning) remove() {
	if !slices.Contains(p.object.Finalizers, glustercluster.Finalizer) {
		p.status = p.object.Status // It is over, or somebody wants heketi to keep what it has.
		return
	}
	found := p.clusterToRemove()
	if p.status.ClusterID = found.ID; found.ID == "" {
		p.status.ClusterID = p.object.Status.ClusterID // PersistentVolumes may still name it.
	}
	addresses := map[string]string{}
	for i := range p.object.Spec.Nodes {
		p.status.Nodes = append(p.status.Nodes, p.lookAt(&p.object.Spec.Nodes[i], found, addresses).status)
	}
	p.summarize()
	p.set(ConditionReady, false, Removing, "somebody has deleted the object")
	p.set(ConditionProgressing, true, Removing, "it is being removed")
	if users := p.users(found); len(users) > 0 {
		p.waits = true
		p.set(ConditionRemovalBlocked, true, InUse, "its disks are in use, and nothing is removed meanwhile: "+someOf(users)+
			"; if the object was deleted by mistake, see docs/gluster-cluster.md, Deleted by mistake")
		return
	}
	var failures []string
	for _, step := range p.removing(found) {
		p.propose(step)
		if failure, failed := p.facts.Failures[step]; failed {
			failures = append(failures, fmt.Sprintf("cannot %s: %s", step, Explain(step, failure.Said)))
		}
	}
	if waits := p.giveWay(); waits != "" {
		p.set(ConditionProgressing, true, WaitsForOthers, waits)
	}
	if len(failures) > 0 {
		p.set(ConditionRemovalBlocked, true, RemovalFails, someOf(failures))
		return
	}
	p.set(ConditionRemovalBlocked, false, Unused, "nothing uses its disks")
}

// clusterToRemove is the object's cluster; one without an id if heketi has none.
func (p *planning) clusterToRemove() heketiapi.Cluster {
	for _, cluster := range p.facts.Clusters {
		if cluster.ID == p.object.Status.ClusterID {
			return cluster
		}
	}
	// A status that was lost is found again before anything is removed.
	for _, cluster := range p.facts.Clusters {
		if p.object.Status.ClusterID == "" && p.ownerOf(cluster.ID) == "" && hasNodeOf(cluster, p.object.Spec) {
			return cluster
		}
	}
	return heketiapi.Cluster{}
}

// users are what keeps the disks.
func (p *planning) users(cluster heketiapi.Cluster) []string {
	id := cluster.ID
	if id == "" {
		id = p.object.Status.ClusterID
	}
	var users []string
	if id != "" {
		for _, name := range p.facts.PersistentVolumes[id] {
			users = append(users, "PersistentVolume "+name)
		}
	}
	for _, volume := range cluster.Volumes {
		users = append(users, "volume "+volume+" of heketi")
	}
	if len(users) == 0 && cluster.ID != "" {
		for _, operation := range p.facts.Operations {
			users = append(users, "unfinished operation of heketi: "+operation)
		}
	}
	if len(users) > 0 || cluster.ID == "" {
		return users
	}
	for _, node := range cluster.Nodes {
		for _, device := range node.Devices {
			if len(device.Bricks) > 0 {
				users = append(users, fmt.Sprintf("%d bricks on %s of node %s", len(device.Bricks), device.Paths[0], node.Name))
			}
		}
	}
	return users
}

// removing are the steps that the removal has come to; any of them may be next. All disks are offline before the
// first one is deleted, so that no volume can come meanwhile.
func (p *planning) removing(cluster heketiapi.Cluster) (steps []Step) {
	for _, stage := range []func(heketiapi.Cluster) []Step{disksOffline, disksFailed, disksDeleted, nodesDeleted} {
		if steps := stage(cluster); len(steps) > 0 {
			return steps
		}
	}
	if cluster.ID != "" {
		return []Step{{Do: DeleteCluster, Cluster: cluster.ID}}
	}
	for _, node := range p.object.Spec.Nodes {
		if p.facts.Nodes[node.Name].HasLabel && !p.isNeeded(node.Name) {
			steps = append(steps, Step{Do: UnlabelNode, Node: node.Name})
		}
	}
	if len(steps) == 0 {
		steps = append(steps, Step{Do: RemoveFinalizer})
	}
	return steps
}

func disksOffline(cluster heketiapi.Cluster) []Step {
	return stateSteps(cluster, api.EntryStateOnline, api.EntryStateOffline)
}

// disksFailed is what heketi wants of a disk before it deletes it.
func disksFailed(cluster heketiapi.Cluster) []Step {
	return stateSteps(cluster, api.EntryStateOffline, api.EntryStateFailed)
}

func stateSteps(cluster heketiapi.Cluster, from, to api.EntryState) (steps []Step) {
	for _, node := range cluster.Nodes {
		for _, device := range node.Devices {
			if device.State == from {
				steps = append(steps, Step{Do: SetDeviceState, DeviceID: device.ID, Node: node.Name, Path: device.Paths[0], State: to})
			}
		}
	}
	return steps
}

func disksDeleted(cluster heketiapi.Cluster) (steps []Step) {
	for _, node := range cluster.Nodes {
		for _, device := range node.Devices {
			steps = append(steps, Step{Do: DeleteDevice, DeviceID: device.ID, Node: node.Name, Path: device.Paths[0]})
		}
	}
	return steps
}

func nodesDeleted(cluster heketiapi.Cluster) (steps []Step) {
	for _, node := range cluster.Nodes {
		steps = append(steps, Step{Do: DeleteNode, NodeID: node.ID, Node: node.Name})
	}
	return steps
}

// isNeeded says whether another object lists a node, or heketi has it in another cluster.
func (p *planning) isNeeded(node string) bool {
	if slices.ContainsFunc(p.facts.Others, func(other *glustercluster.Object) bool { return other.Spec.Lists(node) }) {
		return true
	}
	return slices.ContainsFunc(p.facts.Clusters, func(cluster heketiapi.Cluster) bool {
		return slices.ContainsFunc(cluster.Nodes, func(in heketiapi.Node) bool { return in.Name == node })
	})
}
