package disks

import (
	"errors"
	"fmt"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/keeper/glustercluster"
)

// drainNode plans for a node that is to be drained, once it has no disks.
func (p *planning) drainNode(one *nodeFacts, disksDrain bool) {
	name := one.spec.Name
	switch {
	case one.in == nil:
		if p.losesLabel(name) {
			p.unlabel(one)
		}
		return
	case len(one.in.Devices) > 0:
		p.tellOfDisks(one)
		return
	case disksDrain:
		one.status.Message = "it has no disks any more, and waits until those of other nodes are drained"
	case !one.spec.Lost && !p.allPodsReady():
		// gluster detaches a peer only while it reaches all others, and heketi does not tell whether it did.
		one.status.Message = "it has no disks any more, and waits until all GlusterFS pods are ready, so that GlusterFS can take it out of its pool"
		p.waits = true
	default:
		p.forgetNode(one)
		return
	}
	p.noteDrain(WaitsForHeal, fmt.Sprintf("node %s: %s", name, one.status.Message))
}

// losesLabel says whether a node that heketi has forgotten has its label still, and is to have it no more.
func (p *planning) losesLabel(name string) bool {
	return p.facts.Nodes[name].HasLabel && !p.isNeeded(name)
}

// unlabel plans for the label of a node that heketi has forgotten. Its GlusterFS pod goes with it, and has to have left the pool before, or it
// would know the pool for ever. heketi does not tell whether gluster has detached it.
func (p *planning) unlabel(one *nodeFacts) {
	name := one.spec.Name
	step := Step{Do: UnlabelNode, Node: name}
	one.status.Message = "heketi has forgotten it; next, it loses its label"
	if !one.spec.Lost && one.podReady && p.facts.Gluster != nil {
		switch peers, err := p.facts.Gluster.Peers(name); {
		case err != nil:
			p.waitForPool(one, fmt.Sprintf("GlusterFS on it does not tell its pool: %v", err))
			return
		case peers > 0:
			if is, err := p.hasPeer(one.status.Address); err != nil || !is {
				p.waitForPool(one, "heketi has forgotten it, and it waits until GlusterFS on it has left the pool")
				return
			}
			step = Step{Do: DetachPeer, Node: name, Address: one.status.Address}
		}
	}
	p.propose(step)
	reason := BricksMoving
	if failure, failed := p.facts.Failures[step]; failed {
		reason, one.status.Message = DrainBlocked, Explain(step, failure.Said)
	}
	p.noteDrain(reason, fmt.Sprintf("node %s: %s", name, one.status.Message))
}

func (p *planning) waitForPool(one *nodeFacts, message string) {
	one.status.Message = message
	p.waits = true
	p.noteDrain(WaitsForHeal, fmt.Sprintf("node %s: %s", one.spec.Name, message))
}

// tellOfDisks says which disks a node has still. One that is not listed keeps it, since nobody has said that it may go.
func (p *planning) tellOfDisks(one *nodeFacts) {
	one.status.Message = fmt.Sprintf("disks to be drained: %d", len(one.in.Devices))
	for i := range one.in.Devices {
		if device := &one.in.Devices[i]; !lists(one.spec, device) {
			one.status.Message = fmt.Sprintf("heketi has %s on it, which is not listed; list it, so that it is drained, too", device.Paths[0])
			p.noteDrain(DrainBlocked, fmt.Sprintf("node %s: %s", one.spec.Name, one.status.Message))
			return
		}
	}
}

func (p *planning) allPodsReady() bool {
	for _, node := range p.object.Spec.Nodes {
		if !node.Drain && !p.facts.Pods[node.Name].Ready {
			return false
		}
	}
	return true
}

// forgetNode plans for the end of a node without disks. gluster detaches no peer by itself that it does not reach.
func (p *planning) forgetNode(one *nodeFacts) {
	step := Step{Do: DeleteNode, NodeID: one.in.ID, Node: one.spec.Name}
	reason := BricksMoving
	if one.spec.Lost {
		switch is, err := p.hasPeer(one.in.Address); {
		case err != nil:
			p.waitForPool(one, fmt.Sprintf("gluster does not tell its pool: %v", err))
			return
		case is:
			step = Step{Do: DetachPeer, Node: one.spec.Name, Address: one.in.Address}
		}
	}
	p.propose(step)
	one.status.Message = "it has no disks any more; next, heketi and GlusterFS forget it"
	if failure, failed := p.facts.Failures[step]; failed {
		reason, one.status.Message = DrainBlocked, Explain(step, failure.Said)
	}
	p.noteDrain(reason, fmt.Sprintf("node %s: %s", one.spec.Name, one.status.Message))
}

func (p *planning) hasPeer(address string) (bool, error) {
	if p.facts.Gluster == nil {
		return false, errors.New("no GlusterFS pod is ready")
	}
	return p.facts.Gluster.HasPeer(address)
}

// comesBack says whether a disk was being drained, and somebody has taken that back before its end. Nobody but the keeper has
// taken it out of use then.
func (p *planning) comesBack(one *nodeFacts, now glustercluster.DeviceStatus) bool {
	if now.Phase != DeviceOffline && now.Phase != DeviceFailed {
		return false
	}
	for _, node := range p.object.Status.Nodes {
		for _, before := range node.Devices {
			if node.Name == one.spec.Name && before.Path == now.Path {
				return before.Phase == DeviceDraining && before.ID == now.ID
			}
		}
	}
	return false
}

// comeBack plans for the disks of a node that are not to be drained any more.
func (p *planning) comeBack(one *nodeFacts) {
	for i := range one.spec.Devices {
		device, status := &one.spec.Devices[i], &one.status.Devices[i]
		if status.Phase != DeviceDraining || one.spec.Drains(device) {
			continue
		}
		disk := drained{node: one, has: deviceIn(one.in, device.Path), status: status}
		if disk.has.State == api.EntryStateFailed {
			p.setState(disk, api.EntryStateOffline)
		} else {
			p.setState(disk, api.EntryStateOnline)
		}
	}
}
