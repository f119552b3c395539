package disks

import "strings"

// remedy is what to do when heketi says something.
type remedy struct {
	// said are words of which one is in what heketi says, in lower case.
	said []string
	// todo is for a person; NODE, PATH and VOLUME stand for what heketi was asked for.
	todo string
}

const (
	lookAtLog = "the logs of heketi and of the GlusterFS pod on the node say more"
	runOnNode = "kubectl -n glusterfs exec POD -- /usr/local/bin/lvm-wrapper "
)

// deviceRemedies are for a disk that heketi does not take. The words are those of LVM, of the kernel and of
// heketi (apps/glusterfs/app_device.go, executors/executor.go); the first one that fits counts.
var deviceRemedies = []remedy{
	{[]string{"command not found", "failed to execute"},
		"a program is missing on node NODE, usually lvm2; install it there"},
	{[]string{"no device found", "not found", "no such file", "no such device"},
		"there is no disk at this path; look with ls -l /dev/disk/by-id on node NODE"},
	{[]string{"device already in use (id"},
		"heketi has this disk already, perhaps by another path; list it once"},
	{[]string{"mounted filesystem", "exclusively", "device or resource busy"},
		"something on the node uses the disk; unmount it, or take another one"},
	{[]string{"partitioned", "partition table"},
		"the disk has partitions; if nothing on it is needed, set destroyData: true for it, or run on node NODE: wipefs --all PATH"},
	{[]string{"devices file", "use_devicesfile"},
		"LVM on the node uses only the disks in its devices file; run on the node: lvmdevices --adddev PATH"},
	{[]string{"multipath component", "md component"},
		"the disk is part of a multipath device or of a RAID; list that one instead"},
	{[]string{"excluded by a filter", "rejected by a filter", "filter config"},
		"LVM on the node does not use this disk: it has partitions, or the filter in /etc/lvm/lvm.conf leaves it out; if nothing on it is needed, set destroyData: true for it, else mend the filter"},
	{[]string{"without -ff", "volume group", "physical volume"},
		"the disk is not empty: LVM has it; see which volume group it is in by " + runOnNode + "lvm pvs; a group vg_... with 32 digits is heketi's own: of a heketi before, or of this one if it was interrupted when it took the disk; if nothing on it is needed, set destroyData: true for it"},
	{[]string{"contains data", "signature", "wiping"},
		"the disk is not empty; if nothing on it is needed, set destroyData: true for it, or run on node NODE: wipefs --all PATH"},
}

// nodeRemedies are for a node that heketi does not add. The words are those of glusterd and of heketi
// (apps/glusterfs/app_node.go, pkg/remoteexec/kube/target.go).
var nodeRemedies = []remedy{
	{[]string{"already part of another cluster"},
		"glusterd on the node knows another pool, of an earlier install; if nothing of that is needed, remove what it knows: docs/gluster-cluster.md, Left-overs"},
	{[]string{"doesn't have glusterd running", "none of the nodes in cluster has glusterd running"},
		"glusterd does not answer in the GlusterFS pod; " + lookAtLog},
	{[]string{"already used by node"},
		"heketi has a node of this name or address already"},
	{[]string{"transport endpoint", "probe returned", "no route to host", "connection refused", "timed out"},
		"the other nodes do not reach the node's address on port 24007; look at the address and at firewalls between the nodes"},
	{[]string{"unable to find a glusterfs pod"},
		"heketi finds no GlusterFS pod on the node; the name must be the one that kubectl get nodes shows"},
}

// removalRemedies are for what cannot be removed.
var removalRemedies = []remedy{
	{[]string{"unable to find a glusterfs pod", "no device found", "not found", "no such file", "no such device"},
		"if node or disk is gone for good, list it with drain: true and lost: true; of an object that was deleted, have heketi forget the disk: heketi-cli device delete --force-forget"},
	{[]string{"contains bricks", "in use"},
		"a volume came meanwhile; delete it"},
}

// moveRemedies are for a brick that heketi does not move (apps/glusterfs/operations_device.go, volume_entry_allocate.go).
var moveRemedies = []remedy{
	{[]string{"no replacement was found", "no space"},
		"no other disk may get it: each needs room, and a node that has no brick with the same files, in another zone where a class wants that; add a disk or a node, or take drain back from one"},
	{[]string{"source brick for data to be healed", "required peer bricks are online"},
		"wait until the volume has healed; gluster volume heal VOLUME info tells of it"},
	{[]string{"is pending", "has pending bricks", "operations still pending"},
		"heketi was interrupted in an operation on the volume, which the keeper settles or tells of; events of the ConfigMap of heketi's database say more"},
	{[]string{"target is busy", "device is busy", "in use"},
		"something uses the old brick on node NODE; the keeper settles it when that has ended"},
}

// peerRemedies are for a lost host that gluster does not take out of its pool.
var peerRemedies = []remedy{
	{[]string{"brick(s) with the peer", "exist in cluster"},
		"gluster has bricks there that heketi does not know; gluster volume info tells of them"},
	{[]string{"one of the peers is probably down"},
		"all other GlusterFS pods have to run for that"},
}

// Explain adds the remedy to what heketi says of a step.
func Explain(step Step, said string) string {
	remedies := removalRemedies
	switch step.Do {
	case AddNode, MakeCluster:
		remedies = nodeRemedies
	case AddDevice:
		remedies = deviceRemedies
	case MoveBrick:
		remedies = moveRemedies
	case DetachPeer:
		remedies = peerRemedies
	}
	said = strings.TrimRight(strings.Join(strings.Fields(said), " "), ".; ")
	todo := lookAtLog
	lower := strings.ToLower(said)
	for _, one := range remedies {
		if one.fits(lower) {
			todo = one.todo
			break
		}
	}
	return said + ". What to do: " + strings.NewReplacer("NODE", step.Node, "PATH", step.Path, "VOLUME", step.Volume).Replace(todo)
}

func (r remedy) fits(lower string) bool {
	for _, words := range r.said {
		if strings.Contains(lower, words) {
			return true
		}
	}
	return false
}
