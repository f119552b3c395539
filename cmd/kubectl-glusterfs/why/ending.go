package why

import (
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/provisioner/volume"
)

// finalizerInUse keeps a claim while pods use it (PVCProtectionFinalizer in Kubernetes'
// pkg/volume/util).
const finalizerInUse = "kubernetes.io/pvc-protection"

// gone is a claim that does not exist.
func (f Facts) gone() []finding {
	absent := finding{at: "claim", state: verdict.Wrong, reason: NoClaim, says: fmt.Sprintf("there is no claim %s in namespace %s", f.Name.Name, f.Name.Namespace),
		toDo: "see which there are: kubectl get pvc -A"}
	if f.Volume.There {
		return append([]finding{absent.beside()}, f.unclaimed(f.Volume.Value)...)
	}
	if f.Entry.There {
		return []finding{absent.beside(), f.leader(), {at: "journal", state: verdict.Waits, reason: VolumeDeleted, toDo: "wait",
			says: fmt.Sprintf("the claim is gone, and volume %s, which was in the making for it, is being undone in heketi %s", f.Entry.Value.Volume, f.Entry.Value.Heketi.URL)}}
	}
	if f.Volume.Err != nil {
		return []finding{absent, untold("volume", "whether it has left a volume", f.Volume.Err).beside()}
	}
	return []finding{absent}
}

// unclaimed is a PersistentVolume whose claim is gone.
func (f Facts) unclaimed(pv *v1.PersistentVolume) []finding {
	policy := pv.Spec.PersistentVolumeReclaimPolicy
	says := said(fmt.Sprintf("the claim is gone, and its PersistentVolume %s is %s, with policy %s", pv.Name, pv.Status.Phase, policy), pv.Status.Message)
	found := finding{at: "volume", state: verdict.Waits, reason: VolumeDeleted, says: says, toDo: "wait until the volume is deleted"}
	switch failed := lastOf(f.VolumeEvents.Value, "VolumeFailedDelete"); {
	case !volume.IsGoing(pv):
		found.reason, found.toDo = VolumeRetained, "the volume is kept: delete it by hand, or give it to a claim again (docs/static-volumes.md)"
		return []finding{found}
	case failed != nil:
		found.state, found.reason, found.says = verdict.Wrong, VolumeNotDeleted, says+"; it cannot be deleted: "+failed.Message
		found.toDo = "do what that says, and it is tried again by itself"
		return []finding{onlyIfWrong(f.leader()), found}
	case !volume.IsMadeBy(pv, f.Installed.Provisioner):
		found.state, found.reason, found.toDo = verdict.Unknown, VolumeNotDeleted, "it is not of "+f.Installed.Provisioner+": ask whose it is"
		return []finding{found}
	}
	return []finding{f.leader(), found}
}

// terminating is a claim that is deleted.
func (f Facts) terminating(claim *v1.PersistentVolumeClaim) []finding {
	found := []finding{{at: "claim", state: verdict.Fine, says: fmt.Sprintf("%s, and deleted at %s", claim.Status.Phase, clock(claim.DeletionTimestamp.Time))}}
	others := slices.DeleteFunc(slices.Clone(claim.Finalizers), func(name string) bool { return name == finalizerInUse })
	users := f.users(claim)
	switch {
	case len(users) > 0:
		found = append(found, finding{at: "pods", state: verdict.Waits, reason: UsedByPods, says: "it is deleted when no pod uses it any more, and these do: " + strings.Join(users, ", "),
			toDo: "delete the pods, if they may go"})
	case f.Pods.Err != nil && len(others) < len(claim.Finalizers):
		found = append(found, untold("pods", "whether pods use it", f.Pods.Err))
	default:
		found = append(found, finding{at: "pods", state: verdict.Waits, reason: Deleted, says: "no pod uses it, and Kubernetes is about to remove it", toDo: "wait; if that takes minutes, look whether kube-controller-manager runs"})
	}
	if len(others) > 0 {
		found = append(found, finding{at: "finalizers", state: verdict.Wrong, reason: Finalizers, says: "it is held by the finalizers " + strings.Join(others, ", "),
			toDo: "ask whose they are; whoever set them removes them"})
	}
	return found
}

// users returns the pods that use a claim and have not ended, by name.
func (f Facts) users(claim *v1.PersistentVolumeClaim) []string {
	var names []string
	for _, pod := range f.Pods.Value {
		ended := pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed
		uses := slices.ContainsFunc(pod.Spec.Volumes, func(v v1.Volume) bool {
			return v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == claim.Name
		})
		if uses && !ended {
			names = append(names, pod.Name)
		}
	}
	return names
}

// lost is a claim whose PersistentVolume is gone, or is another's.
func (f Facts) lost(claim *v1.PersistentVolumeClaim) []finding {
	found := []finding{f.claimAs(claim)}
	const at = "conversion"
	switch {
	case f.Conversion.There:
		return append(found, f.leader(), finding{at: at, state: verdict.Waits, reason: Converted, toDo: "wait",
			says: fmt.Sprintf("its PersistentVolume %s is being replaced by another that mounts the same volume; it is Bound again when that is made", claim.Spec.VolumeName)})
	case f.Conversion.Err != nil:
		return append(found, untold(at, "whether its PersistentVolume is being converted", f.Conversion.Err))
	case f.Volume.Err != nil:
		return append(found, untold("volume", "whether its PersistentVolume exists", f.Volume.Err))
	case !f.Volume.There:
		return append(found, finding{at: "volume", state: verdict.Wrong, reason: VolumeMissing, says: fmt.Sprintf("its PersistentVolume %s is gone", claim.Spec.VolumeName), toDo: makeAgain})
	case volume.ClaimOf(f.Volume.Value) != claim.UID:
		return append(found, f.taken(claim, f.Volume.Value))
	}
	return append(found, finding{at: "volume", state: verdict.Waits, reason: Binding, toDo: "wait; Kubernetes looks at such claims every 15 s",
		says: fmt.Sprintf("its PersistentVolume %s is there again", f.Volume.Value.Name)})
}
