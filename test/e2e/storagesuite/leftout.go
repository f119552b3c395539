package storagesuite

import "strings"

// suiteName begins the name of every spec of the suite for this driver.
const suiteName = "External Storage [Driver: glusterfs.csi.gluster.org]"

// Rule leaves specs out.
type Rule struct {
	// Specs is a regular expression that finds them by their names.
	Specs string
	// Reason is why they do not apply.
	Reason string
}

// leftOut are all rules. A spec that several of them find counts for the first.
var leftOut = []Rule{
	{`\(block volmode\)|with different volume mode|with mismatched mode`, "a GlusterFS volume is a file system, and no block device"},
	{`\[Testpattern: Inline-volume `, "the suite writes such volumes into pods only for plugins of Kubernetes itself"},
	{`\[Testpattern: CSI Ephemeral-volume `, "the driver mounts volumes that are there, and makes none for a pod: volumeLifecycleModes is Persistent"},
	{`\[Testpattern: Pre-provisioned PV `, "the suite makes no such volumes with a driver that a file describes"},
	{`\((ext3|ext4|xfs|ntfs)\)`, "the file system of a volume is GlusterFS"},
	{`[Ss]napshot`, "heketi makes no snapshots that claims could name"},
	{`pvc data source|cloned|its clone`, "heketi does not copy volumes for claims"},
	{`with any volume data source`, "the suite deploys programs for it whose images it pulls from a registry"},
	{`immediate-binding.*multiple inline ephemeral volumes`, "the suite itself has it run with late binding only"},
	{`fsgroupchangepolicy`, "kubelet does not change the owner of files (fsGroupPolicy None): pods get the volume's own GID"},
	{`\] topology `, "every node reaches every volume"},
	{`\] volumeLimits `, "a node may mount any number of volumes"},
	{`\] capacity `, "heketi does not tell beforehand how much room a class has"},
	{`VolumeAttributesClass`, "a volume has no attributes that could be changed later"},
	{`performance`, "the suite compares with figures that the driver has to give; make bench measures"},
	{`different SELinux context|\] seLinuxMount `, "the nodes here have no SELinux"},
}

// skip is what ginkgo is told to leave out.
func skip(rules []Rule) string {
	var specs []string
	for _, rule := range rules {
		specs = append(specs, "(?:"+rule.Specs+")")
	}
	return strings.Join(specs, "|")
}
