package disks

import (
	"fmt"

	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/heketiapi"
)

// compare tells of what heketi has otherwise than it is listed. InternalIP is Kubernetes' address of the node.
func (p *planning) compare(one *nodeFacts, internalIP string) {
	has := one.in
	switch address := one.spec.Address; {
	case address != "" && address != has.Address:
		p.differ("node %s has the address %s in heketi, not %s: bricks are known by it, so drain the node and add it again", has.Name, has.Address, address)
	case address == "" && internalIP != "" && internalIP != has.Address:
		p.differ("node %s has the address %s in heketi, and its InternalIP in Kubernetes is %s: list the former as address if it is right, else give it back to the node, since bricks are known by it", has.Name, has.Address, internalIP)
	}
	if zone := max(one.spec.Zone, 1); zone != has.Zone {
		p.differ("node %s is in zone %d in heketi, not %d: heketi cannot change it, so drain the node and add it again", has.Name, has.Zone, zone)
	}
}

// findUnlisted finds what heketi has in the cluster and the object does not list.
func (p *planning) findUnlisted(cluster heketiapi.Cluster) {
	for i := range cluster.Nodes {
		node := &cluster.Nodes[i]
		var listed *glustercluster.Node
		for j := range p.object.Spec.Nodes {
			if p.object.Spec.Nodes[j].Name == node.Name {
				listed = &p.object.Spec.Nodes[j]
			}
		}
		if listed == nil {
			p.differ("node %s (%s) is in heketi and not listed: list it; with drain: true if it is to be taken away", node.Name, node.ID)
			continue
		}
		for k := range node.Devices {
			if device := &node.Devices[k]; !lists(listed, device) {
				p.differ("%s on node %s is in heketi, %s, and not listed: list it; with drain: true if it is to be taken away; bricks that move then: %d",
					device.Paths[0], node.Name, device.State, len(device.Bricks))
			}
		}
	}
}

func lists(node *glustercluster.Node, device *heketiapi.Device) bool {
	for _, path := range device.Paths {
		for i := range node.Devices {
			if node.Devices[i].Path == path {
				return true
			}
		}
	}
	return false
}

func (p *planning) differ(format string, args ...any) {
	p.differences = append(p.differences, fmt.Sprintf(format, args...))
}

func (p *planning) concludeDifferences() {
	if len(p.differences) == 0 {
		p.set(ConditionInSync, true, AsListed, "heketi has nothing else in the cluster")
		return
	}
	p.set(ConditionInSync, false, Unlisted, someOf(p.differences))
}
