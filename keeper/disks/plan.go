package disks

import (
	"fmt"
	"slices"

	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/heketiapi"
)

// Plan is what there is to do, and to tell.
type Plan struct {
	// Next is the next step; it does Nothing if there is none, or none that is due.
	Next Step
	// Status is how the object is before that step.
	Status glustercluster.Status
	// IsSettled says that there is nothing to wait for, so that it is enough to look again after a while.
	IsSettled bool
}

// Make plans for an object. A node's phase or message, and a condition, say why there is no step.
func Make(object *glustercluster.Object, facts Facts) Plan {
	p := &planning{object: object, facts: facts}
	p.status.ObservedGeneration = object.Generation
	p.status.Conditions = slices.Clone(object.Status.Conditions)
	if object.IsGoing() {
		p.remove()
	} else {
		p.add()
	}
	settled := p.next.Do == Nothing && !p.waits && p.ready
	return Plan{Next: p.next, Status: p.status, IsSettled: settled}
}

// planning is a plan in the making.
type planning struct {
	object *glustercluster.Object
	facts  Facts

	next   Step
	status glustercluster.Status
	// waits is whether something else has to happen before there is a step.
	waits bool
	ready bool
	// unsure is whether heketi does not know the cluster. What is to be drained may be in it, then.
	unsure bool
	// drains is what is told of all that drains; nil if nothing does.
	drains *problem
	// problems are what a person should know, the worst reason among them counts.
	problems []problem
	// differences are what heketi has and the spec does not say.
	differences []string
}

// propose has a step be the next one, unless there is one or it was refused and is not due.
func (p *planning) propose(step Step) (isNext bool) {
	if !p.facts.isDue(step) {
		p.waits = true
		return false
	}
	if p.next.Do == Nothing {
		p.next = step
	}
	return p.next == step
}

// add plans for what is listed and heketi does not have.
func (p *planning) add() {
	if !slices.Contains(p.object.Finalizers, glustercluster.Finalizer) {
		p.propose(Step{Do: AddFinalizer})
	}
	found, err := p.findCluster()
	p.unsure = err != nil
	p.labelNodes(found)
	if err != nil {
		p.problems = append(p.problems, *err)
	}
	p.status.ClusterID = found.ID
	if found.ID == "" && err != nil {
		p.status.ClusterID = p.object.Status.ClusterID
	}
	addresses := map[string]string{} // whose they are
	var nodes []*nodeFacts
	for i := range p.object.Spec.Nodes {
		one := p.lookAt(&p.object.Spec.Nodes[i], found, addresses)
		if err == nil {
			p.addNode(one, found)
		}
		nodes = append(nodes, one)
	}
	if err == nil {
		p.drain(nodes, found)
	}
	for _, one := range nodes {
		p.status.Nodes = append(p.status.Nodes, one.status)
	}
	p.tellOfRival(p.giveWay())
	p.findUnlisted(found)
	p.conclude()
}

// giveWay has a step wait by which GlusterFS would have less, as long as somebody else takes something away, and says so; else it is empty.
func (p *planning) giveWay() (waits string) {
	if p.facts.Rival == "" || !p.next.TakesAway() {
		return ""
	}
	waits = fmt.Sprintf("the next step, to %s, waits: %s, and takes bricks away meanwhile; then it goes on by itself", p.next, p.facts.Rival)
	p.next, p.waits = Step{}, true
	return waits
}

// labelNodes plans for the labels by which nodes have a GlusterFS pod. One that is drained keeps it until heketi has forgotten it.
func (p *planning) labelNodes(cluster heketiapi.Cluster) {
	for _, node := range p.object.Spec.Nodes {
		known, is := p.facts.Nodes[node.Name]
		if is && !known.HasLabel && (!node.Drain || nodeIn(cluster, node.Name) != nil) {
			p.propose(Step{Do: LabelNode, Node: node.Name})
		}
	}
}

// addNode plans for a node and its disks.
func (p *planning) addNode(one *nodeFacts, cluster heketiapi.Cluster) {
	if one.in != nil {
		p.addDevices(one)
		return
	}
	if one.status.Phase != NodeWaiting || !one.podReady {
		return
	}
	if cluster.ID == "" {
		step := Step{Do: MakeCluster}
		p.propose(step)
		if failure, failed := p.facts.Failures[step]; failed {
			one.status.Message = "heketi makes no cluster: " + failure.Said
		}
		return
	}
	step := Step{Do: AddNode, Cluster: cluster.ID, Node: one.spec.Name, Address: one.status.Address, Zone: max(one.spec.Zone, 1)}
	isNext := p.propose(step)
	if failure, failed := p.facts.Failures[step]; failed {
		one.status.Phase, one.status.Message = NodeRefused, Explain(step, failure.Said)
		p.problem(NodesRefused, fmt.Sprintf("node %s: %s", one.spec.Name, one.status.Message))
	}
	if isNext {
		one.status.Phase = NodeAdding
	}
}
