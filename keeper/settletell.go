package keeper

import (
	"fmt"
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/settling"
	"glusterfs-provisioner/provisioner/mend"
)

// The reasons of the events, which are about the ConfigMap of the database.
const (
	reasonFinished = "HeketiOperationFinished"
	reasonUndone   = "HeketiOperationUndone"
	reasonLeft     = "HeketiOperationLeftAlone"
	reasonToDo     = "BrickNeedsRepair"
)

// database is what the events are about, by the id of what in it.
func (k *Keeper) database(format, id string) *v1.ObjectReference {
	return &v1.ObjectReference{APIVersion: "v1", Kind: "ConfigMap", Namespace: k.config.Namespace, Name: k.config.Name, FieldPath: fmt.Sprintf(format, id)}
}

func (k *Keeper) tellFinished(result *mend.Result) {
	for _, operation := range result.Finished {
		klog.InfoS("Finished an expansion that gluster has", "operation", operation.Operation, "volume", operation.Volume, "sizeGiB", operation.Size)
		k.config.Events.Eventf(k.database("operations[%s]", operation.Operation), v1.EventTypeNormal, reasonFinished,
			"volume %s has grown to %d GiB: gluster had finished what heketi was interrupted in (operation %s); if \"gluster volume rebalance %s status\" says that it is not started, start it",
			operation.Volume, operation.Size, operation.Operation, operation.Volume)
	}
	for _, host := range result.Hosts {
		var lines []string
		for _, mount := range host.Missing {
			lines = append(lines, mount.FstabLine())
		}
		klog.InfoS("Bricks of what is finished need repair on a storage host", "host", host.Name, "fstab", lines, "unmounted", host.Unmounted)
		k.config.Events.Eventf(k.database("hosts[%s]", host.Name), v1.EventTypeWarning, reasonToDo,
			"storage host %s: add to its fstab %q, and mount what is not mounted: %q; see step 6 of docs/mending.md", host.Name, lines, host.Unmounted)
	}
	k.config.Settling.Settled(Finished, len(result.Finished))
}

func (k *Keeper) tellUndone(undone []settling.Operation) {
	for _, operation := range undone {
		klog.InfoS("heketi has undone or ended what it was interrupted in", "operation", operation.ID, "kind", operation.Kind)
		k.config.Events.Eventf(k.database("operations[%s]", operation.ID), v1.EventTypeNormal, reasonUndone,
			"heketi has undone, or ended, what it was interrupted in, of which gluster has nothing: operation %s, %s", operation.ID, operation.Kind)
	}
	k.config.Settling.Settled(Undone, len(undone))
}

func (k *Keeper) tellLeft(left []settling.Operation) {
	for _, operation := range left {
		klog.InfoS("Leaves alone what heketi was interrupted in", "operation", operation.ID, "kind", operation.Kind, "reason", operation.Why)
		k.config.Events.Eventf(k.database("operations[%s]", operation.ID), v1.EventTypeWarning, reasonLeft, "operation %s, %s, is left alone, and looked at again: %s",
			operation.ID, operation.Kind, strings.ReplaceAll(operation.Why, "\n", "; "))
	}
}
