package disks

import (
	"fmt"
	"slices"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	"k8s.io/apimachinery/pkg/api/meta"

	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/keeper/heketiapi"
)

// drained is a disk of heketi's that is to be drained.
type drained struct {
	node   *nodeFacts
	has    *heketiapi.Device
	status *glustercluster.DeviceStatus
	lost   bool
}

func (d drained) String() string {
	return fmt.Sprintf("%s on node %s", d.status.Path, d.node.spec.Name)
}

// drain plans for what is to be drained. First all such disks go offline, so that no brick moves from one of them to another. Then
// one disk after the other loses its bricks, each when all volumes have healed that had bricks on those before.
func (p *planning) drain(nodes []*nodeFacts, cluster heketiapi.Cluster) {
	for _, one := range nodes {
		p.comeBack(one)
	}
	queue := drainedOf(nodes)
	if p.takeOffline(queue) && len(queue) > 0 {
		p.drainDisk(queue[0], cluster, lostBricks(queue))
		for _, disk := range queue[1:] {
			disk.status.Message = "it waits for " + queue[0].String()
		}
		if later := len(queue) - 1; later > 0 {
			p.drains.message += fmt.Sprintf("; disks that come later: %d", later)
		}
	}
	for _, one := range nodes {
		if one.spec.Drain {
			p.drainNode(one, len(queue) > 0)
		}
	}
}

// drainedOf are the disks in the order in which they are drained. One whose bricks have moved comes first: it is finished before another
// one begins, also if that was listed meanwhile.
func drainedOf(nodes []*nodeFacts) []drained {
	var moved, others []drained
	for _, one := range nodes {
		for i := range one.spec.Devices {
			device, status := &one.spec.Devices[i], &one.status.Devices[i]
			if one.in == nil || status.Phase != DeviceDraining || !one.spec.Drains(device) {
				continue
			}
			disk := drained{one, deviceIn(one.in, device.Path), status, one.spec.Loses(device)}
			if disk.has.State == api.EntryStateFailed {
				moved = append(moved, disk)
			} else {
				others = append(others, disk)
			}
		}
	}
	return append(moved, others...)
}

// lostBricks are the names of the bricks that are on lost disks.
func lostBricks(queue []drained) map[string]bool {
	names := map[string]bool{}
	for _, disk := range queue {
		for _, brick := range disk.has.Bricks {
			if disk.lost {
				names[disk.node.in.Address+":"+brick.Path] = true
			}
		}
	}
	return names
}

// takeOffline plans for disks that get bricks still, and says whether none does.
func (p *planning) takeOffline(queue []drained) (all bool) {
	all = true
	for _, disk := range queue {
		if disk.has.State != api.EntryStateOnline {
			continue
		}
		all = false
		p.setState(disk, api.EntryStateOffline)
	}
	return all
}

// setState plans for another state of a disk.
func (p *planning) setState(disk drained, state api.EntryState) {
	step := Step{Do: SetDeviceState, DeviceID: disk.has.ID, Node: disk.node.spec.Name, Path: disk.status.Path, State: state}
	p.propose(step)
	disk.status.Message = fmt.Sprintf("next, heketi sets it %s", state)
	reason := BricksMoving
	if failure, failed := p.facts.Failures[step]; failed {
		reason, disk.status.Message = DrainBlocked, Explain(step, failure.Said)
	}
	p.tellOfDrain(reason, disk)
}

// drainDisk plans for the disk whose turn it is. Lost are the bricks that nobody can read.
func (p *planning) drainDisk(disk drained, cluster heketiapi.Cluster, lost map[string]bool) {
	switch {
	case !disk.lost && !disk.node.podReady:
		disk.status.Message = aboutPod(p.facts.Pods[disk.node.spec.Name]) + "; nothing moves meanwhile; if the disk or its node is gone for good, set lost: true beside drain: true"
		p.waits = true
		p.tellOfDrain(DrainBlocked, disk)
	case len(disk.has.Bricks) > 0:
		p.moveBricks(disk, lost)
	case disk.has.State != api.EntryStateFailed:
		// heketi deletes no other, and gives a disk in this state no bricks.
		p.setState(disk, api.EntryStateFailed)
	default:
		p.forgetDisk(disk, cluster, lost)
	}
}

// moveBricks plans for the next brick of a disk: one whose volume is whole, so that a copy of all files stays in any case.
func (p *planning) moveBricks(disk drained, lost map[string]bool) {
	if alone := p.withoutCopies(disk); len(alone) > 0 {
		disk.status.Message = fmt.Sprintf("bricks cannot move of volumes without replicas: %s; copy their files to volumes that have some, and delete them", someOf(alone))
		p.waits = true
		p.tellOfDrain(DrainBlocked, disk)
		return
	}
	reason, why := p.moveNext(disk, lost)
	p.waits = true
	disk.status.Message = fmt.Sprintf("bricks to move away: %d", len(disk.has.Bricks))
	if len(why) > 0 {
		disk.status.Message += "; " + someOf(why)
	}
	p.tellOfDrain(reason, disk)
}

// moveNext plans for the first brick that may move, and says why those before it may not, or all.
func (p *planning) moveNext(disk drained, lost map[string]bool) (reason string, why []string) {
	reason = WaitsForHeal
	last := "" // The volume that was asked for last. The bricks of a volume stand one after another.
	for _, brick := range disk.has.Bricks {
		volume, known := p.facts.Volumes[brick.Volume]
		step := Step{
			Do: MoveBrick, DeviceID: disk.has.ID, BrickID: brick.ID, Node: disk.node.spec.Name, Path: disk.status.Path, Volume: volume.Name,
		}
		failure, failed := p.facts.Failures[step]
		switch {
		case !known:
			why = append(why, "heketi is making or deleting the volume "+brick.Volume)
		case failed && !p.facts.isDue(step):
			reason, why = DrainBlocked, append(why, "volume "+volume.Name+": "+Explain(step, failure.Said))
		case volume.Name != last:
			last = volume.Name
			missing := p.missing(volume.Name, p.facts.Now, lost)
			if missing == "" {
				p.propose(step)
				return BricksMoving, why
			}
			why = append(why, missing)
		}
	}
	return reason, why
}

// withoutCopies are the volumes of a disk whose bricks nothing stands in for.
func (p *planning) withoutCopies(disk drained) []string {
	var names []string
	for _, brick := range disk.has.Bricks {
		if volume, known := p.facts.Volumes[brick.Volume]; known && !volume.HasCopies && !slices.Contains(names, volume.Name) {
			names = append(names, volume.Name)
		}
	}
	return names
}

// forgetDisk plans for the end of a disk without bricks. What has moved away from it has to heal before.
func (p *planning) forgetDisk(disk drained, cluster heketiapi.Cluster, lost map[string]bool) {
	for _, id := range cluster.Volumes {
		volume, known := p.facts.Volumes[id]
		if !known {
			continue // heketi is deleting it, or it is for blocks.
		}
		if missing := p.missing(volume.Name, p.facts.Moved, lost); missing != "" {
			disk.status.Message = "its bricks have moved away, and it waits for what was moved: " + missing
			p.waits = true
			p.tellOfDrain(WaitsForHeal, disk)
			return
		}
	}
	step := Step{Do: DeleteDevice, DeviceID: disk.has.ID, Node: disk.node.spec.Name, Path: disk.status.Path}
	if disk.lost {
		step.Do = ForgetDevice
	}
	p.propose(step)
	disk.status.Message = "its bricks have moved away and have healed; next, heketi forgets it"
	reason := BricksMoving
	if failure, failed := p.facts.Failures[step]; failed {
		reason, disk.status.Message = DrainBlocked, Explain(step, failure.Said)
	}
	p.tellOfDrain(reason, disk)
}

// missing says what a volume lacks, by gluster's word at that time or later.
func (p *planning) missing(volume string, since time.Time, lost map[string]bool) string {
	for _, node := range p.object.Spec.Nodes {
		if pod := p.facts.Pods[node.Name]; pod.Going && !node.Lost {
			return fmt.Sprintf("volume %s: the GlusterFS pod %s on node %s is being deleted, and its bricks go with it", volume, pod.Name, node.Name)
		}
	}
	if p.facts.Gluster == nil {
		return "no GlusterFS pod is ready that could be asked how volumes are"
	}
	health, err := p.facts.Gluster.Health(volume, since)
	if err != nil {
		return fmt.Sprintf("gluster does not tell how the volume %s is: %v", volume, err)
	}
	return someOf(health.Missing(volume, lost))
}

// tellOfDrain has the condition tell of a disk.
func (p *planning) tellOfDrain(reason string, disk drained) {
	p.noteDrain(reason, disk.String()+": "+disk.status.Message)
}

// noteDrain has the condition tell of it, with the first reason among those that were noted before.
func (p *planning) noteDrain(reason, message string) {
	if p.drains == nil {
		p.drains = &problem{reason, message}
		return
	}
	if reason == DrainBlocked {
		p.drains.reason = reason
	}
	p.drains.message += "; " + message
}

// tellOfRival has the condition tell that it is waited for somebody else. Where a person is needed, that counts.
func (p *planning) tellOfRival(waits string) {
	if waits == "" {
		return
	}
	if p.drains == nil {
		p.drains = &problem{WaitsForOthers, waits}
		return
	}
	if p.drains.reason != DrainBlocked {
		p.drains.reason = WaitsForOthers
	}
	p.drains.message = waits + "; " + p.drains.message
}

// concludeDrains sets the condition of an object in which something drains, or did.
func (p *planning) concludeDrains() {
	switch {
	case p.drains != nil:
		p.set(ConditionDraining, true, p.drains.reason, p.drains.message)
	case p.object.Spec.Drains() || meta.FindStatusCondition(p.status.Conditions, ConditionDraining) != nil:
		p.set(ConditionDraining, false, AllDrained, "heketi has nothing any more that is to be drained")
	}
}
