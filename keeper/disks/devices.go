package disks

import (
	"fmt"
	"slices"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/heketiapi"
)

// The phases of a disk.
const (
	// DeviceWaiting waits for its node, or for its turn.
	DeviceWaiting = "Waiting"
	// DeviceAdding is being added by heketi.
	DeviceAdding = "Adding"
	// DeviceRefused cannot be added as it is.
	DeviceRefused = "Refused"
	// DeviceOnline gets bricks.
	DeviceOnline = "Online"
	// DeviceOffline gets no new bricks.
	DeviceOffline = "Offline"
	// DeviceFailed has had its bricks moved away.
	DeviceFailed = "Failed"
	// DeviceDraining is to lose its bricks, and is forgotten by heketi then, or comes back from that.
	DeviceDraining = "Draining"
	// DeviceDrained is not heketi's any more, as it is wanted.
	DeviceDrained = "Drained"
)

// lookAtDevices says how the disks of a node are.
func (p *planning) lookAtDevices(one *nodeFacts) {
	paths := map[string]string{} // by the id of the disk
	for i := range one.spec.Devices {
		device := &one.spec.Devices[i]
		status := glustercluster.DeviceStatus{Path: device.Path, Phase: DeviceWaiting}
		if one.in != nil {
			if has := deviceIn(one.in, device.Path); has != nil {
				status.ID, status.Phase = has.ID, phaseOf(has.State)
			}
		}
		reason := DevicesNotOnline
		switch other := paths[status.ID]; {
		case one.spec.Drains(device):
			status.Phase = DeviceDraining
			switch {
			case status.ID == "" && p.unsure:
				status.Phase = DeviceWaiting
			case status.ID == "":
				status.Phase = DeviceDrained
			}
		case p.comesBack(one, status):
			status.Phase = DeviceDraining
		case status.Phase == DeviceWaiting:
			reason, status.Message = Adding, "it is to be added"
		case other != "":
			reason, status.Phase, status.Message = DevicesRefused, DeviceRefused, "it is the same disk as "+other+"; list it once"
		case status.Phase == DeviceOffline:
			status.Message = "somebody has set it offline, so that it gets no new bricks; to use it again: heketi-cli device enable " + status.ID
		case status.Phase == DeviceFailed:
			status.Message = "somebody has removed it from use, and its bricks have moved away; to take it away, write drain: true to it"
		}
		if status.Message != "" {
			p.problem(reason, fmt.Sprintf("%s on node %s: %s", device.Path, one.spec.Name, status.Message))
		}
		if status.ID != "" && paths[status.ID] == "" {
			paths[status.ID] = device.Path
		}
		one.status.Devices = append(one.status.Devices, status)
	}
}

// addDevices plans for the disks of a node that heketi has.
func (p *planning) addDevices(one *nodeFacts) {
	for i := range one.spec.Devices {
		device, status := &one.spec.Devices[i], &one.status.Devices[i]
		if status.ID != "" || one.status.Phase != NodeReady || one.spec.Drains(device) {
			continue
		}
		step := Step{Do: AddDevice, NodeID: one.in.ID, Node: one.spec.Name, Path: device.Path, DestroyData: device.DestroyData}
		isNext := p.propose(step)
		if failure, failed := p.facts.Failures[step]; failed {
			status.Phase, status.Message = DeviceRefused, Explain(step, failure.Said)
			p.problem(DevicesRefused, fmt.Sprintf("%s on node %s: %s", device.Path, one.spec.Name, status.Message))
		}
		if isNext {
			status.Phase = DeviceAdding
		}
	}
}

// deviceIn finds a disk by any path by which heketi knows it.
func deviceIn(node *heketiapi.Node, path string) *heketiapi.Device {
	for i := range node.Devices {
		if slices.Contains(node.Devices[i].Paths, path) {
			return &node.Devices[i]
		}
	}
	return nil
}

// phaseOf is what a state of heketi's is called here.
func phaseOf(state api.EntryState) string {
	switch state {
	case api.EntryStateOffline:
		return DeviceOffline
	case api.EntryStateFailed:
		return DeviceFailed
	}
	return DeviceOnline
}
