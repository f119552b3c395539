package rebuild

import (
	"cmp"
	"slices"
)

// online is the state of nodes and devices that heketi places bricks on.
const online = "online"

// addNode adds a storage host with its devices.
func (w *work) addNode(cluster *clusterEntry, p *pool, host *Host) {
	storage, others := p.storageName(host)
	if len(others) > 0 {
		w.decide("gluster reaches storage host %s as %s and also as %q; heketi gets the first, which most bricks have", host.Name, storage, others)
	}
	node := &nodeEntry{State: online, Devices: []string{}}
	node.Info.ID, node.Info.Cluster, node.Info.Zone = idOf(host.uuid), cluster.Info.ID, 1
	node.Info.Hostnames.Manage, node.Info.Hostnames.Storage = []string{host.Name}, []string{storage}
	known := w.topology.nodeOf(host.Name, storage)
	if known == nil {
		w.decide("the zone of storage host %s is not known, and becomes 1; heketi reaches it as %s, and gluster as %s", host.Name, host.Name, storage)
	} else {
		node.Info.Zone, node.Info.Tags = known.Node.Zone, known.Node.Tags
		w.nameNode(node, known, host)
	}
	cluster.Info.Nodes = append(cluster.Info.Nodes, node.Info.ID)
	w.database.Nodes[node.Info.ID] = node
	if len(host.groups) == 0 {
		w.decide("storage host %s has no device of heketi's; it becomes a node without devices", host.Name)
	}
	for _, g := range host.groups {
		w.addDevice(node, host, g, known)
	}
}

// nameNode has the node have the names of the topology.
func (w *work) nameNode(node *nodeEntry, known *topologyNode, host *Host) {
	if names := known.Node.Hostnames.Manage; len(names) > 0 && !slices.Equal(names, node.Info.Hostnames.Manage) {
		w.decide("heketi reaches storage host %s as %s, as the topology has it", host.Name, names[0])
		node.Info.Hostnames.Manage = names
	}
	if names := known.Node.Hostnames.Storage; len(names) > 0 && !slices.Equal(names, node.Info.Hostnames.Storage) {
		w.contradict("gluster reaches storage host %s as %s, and the topology has %q as its storage name; correct the topology, which may be another's", host.Name, node.Info.Hostnames.Storage[0], names)
	}
}

// addDevice adds a device, without bricks yet.
func (w *work) addDevice(node *nodeEntry, host *Host, g *group, known *topologyNode) {
	device := &deviceEntry{State: online, Bricks: []string{}, NodeID: node.Info.ID, ExtentSize: g.extentKiB}
	info := &device.Info
	info.ID, info.UUID, info.Name, info.Paths = g.device, g.uuid, g.path, slices.Clone(host.links[g.path])
	if !slices.Contains(info.Paths, g.path) {
		info.Paths = append(info.Paths, g.path)
	}
	if named := known.deviceOf(info.Paths); named != nil {
		info.Name, info.Tags = cmp.Or(named.Name, info.Name), named.Tags
	} else if known != nil {
		w.decide("storage host %s: device %s is not in the topology; it is named as LVM names it, without tags", host.Name, g.path)
	}
	info.Storage.Total = g.extents * g.extentKiB
	info.Storage.Free = info.Storage.Total
	node.Devices = append(node.Devices, info.ID)
	w.database.Devices[info.ID] = device
}

// take takes room of the device, as heketi does.
func (d *deviceEntry) take(brick *brickEntry) bool {
	kib := brick.TpSize + brick.PoolMetadataSize
	if kib > d.Info.Storage.Free {
		return false
	}
	d.Info.Storage.Free -= kib
	d.Info.Storage.Used += kib
	d.Bricks = append(d.Bricks, brick.Info.ID)
	return true
}

// shrink makes the device so much smaller that heketi takes no more for free than LVM has. It returns by how many KiB.
func (d *deviceEntry) shrink(free uint64) uint64 {
	if free >= d.Info.Storage.Free {
		return 0
	}
	less := d.Info.Storage.Free - free
	d.Info.Storage.Free -= less
	d.Info.Storage.Total -= less
	return less
}

// shrinkDevices has heketi leave the room alone that is taken by others than its bricks: by what is left over, by volumes that
// are left out, and by the spare metadata that LVM keeps for pools. heketi wants free and used to be the total, and used to be its bricks.
func (w *work) shrinkDevices(p *pool) {
	for _, host := range p.hosts {
		for _, g := range host.groups {
			if less := w.database.Devices[g.device].shrink(g.free * g.extentKiB); less > 0 {
				w.decide("storage host %s: LVM has %d MiB less free on device %s than heketi's bricks leave; the device becomes as much smaller; once that room is free, see to it with heketi-cli device resync %s", host.Name, less>>10, g.path, g.device)
			}
		}
	}
}
