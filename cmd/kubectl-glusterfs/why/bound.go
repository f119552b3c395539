package why

import (
	"fmt"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/verdict"
	"glusterfs-provisioner/provisioner/resize"
	"glusterfs-provisioner/provisioner/volume"
)

// bound is a claim that has a volume.
func (f Facts) bound(claim *v1.PersistentVolumeClaim) []finding {
	found := []finding{f.claimAs(claim)}
	fine := finding{at: "result", state: verdict.Fine, reason: Bound, says: "it is Bound, and nothing is wrong with it"}
	pv := f.Volume.Value
	switch {
	case f.Volume.Err != nil:
		return append(append(found, untold("volume", "it is Bound; whether pods can use its volume", f.Volume.Err)), f.growth(claim, nil)...)
	case !f.Volume.There:
		return append(found, f.leader().beside(), finding{at: "volume", state: verdict.Wrong, reason: VolumeMissing,
			says: fmt.Sprintf("its PersistentVolume %s is gone", claim.Spec.VolumeName), toDo: makeAgain})
	case volume.ClaimOf(pv) != claim.UID:
		return append(found, f.taken(claim, pv))
	case volume.SourceOf(pv) == "":
		fine.reason, fine.says = BoundToOther, fmt.Sprintf("it is Bound to PersistentVolume %s, which is no GlusterFS volume", pv.Name)
		return append(found, fine)
	}
	found = append(found, f.volumeAs(pv), f.mounting(pv), f.recorded(pv))
	found = append(found, f.conversion(pv)...)
	found = append(found, f.growth(claim, pv)...)
	if allFine(found) {
		return append(found, fine)
	}
	return found
}

// makeAgain is what to do where only the PersistentVolume is lost.
const makeAgain = "if the volume is still in heketi, its PersistentVolume can be made again: docs/static-volumes.md; the audit tells whether it is"

// volumeAs is what the PersistentVolume says of itself.
func (f Facts) volumeAs(pv *v1.PersistentVolume) finding {
	const at = "volume"
	says := fmt.Sprintf("PersistentVolume %s is %s, has %s, policy %s", pv.Name, pv.Status.Phase, pv.Spec.Capacity.Storage(), pv.Spec.PersistentVolumeReclaimPolicy)
	switch {
	case pv.Status.Phase == v1.VolumeReleased, pv.Status.Phase == v1.VolumeFailed:
		return finding{at: at, state: verdict.Wrong, reason: VolumeGoing, says: said(says, pv.Status.Message),
			toDo: "see its events: kubectl describe pv " + pv.Name}
	case pv.DeletionTimestamp != nil:
		return finding{at: at, state: verdict.Wrong, reason: VolumeGoing, says: fmt.Sprintf("PersistentVolume %s was deleted, and goes when its claim does", pv.Name),
			toDo: "this cannot be undone: have the volume kept (kubectl patch pv " + pv.Name + ` -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'), and see docs/static-volumes.md for how it comes back`}
	}
	return finding{at: at, state: verdict.Fine, says: says}
}

func said(what, message string) string {
	if message == "" {
		return what
	}
	return what + ": " + message
}

// mounting is whether the cluster's kubelets mount the volume.
func (f Facts) mounting(pv *v1.PersistentVolume) finding {
	const at = "mounting"
	source := volume.SourceOf(pv)
	switch {
	case source == volume.CSI && f.Driver.Err != nil:
		return untold(at, "whether the node plugin is installed", f.Driver.Err)
	case source == volume.CSI && !f.Driver.There:
		return finding{at: at, state: verdict.Wrong, reason: NotMountable, toDo: "install the node plugin: kubectl apply -f deploy/csi/",
			says: fmt.Sprintf("its source is csi, and CSIDriver %s does not exist, so no pod can use it", volume.Driver)}
	case source == volume.CSI:
		return finding{at: at, state: verdict.Fine, says: "its source is csi, and CSIDriver " + volume.Driver + " exists"}
	case f.Kubernetes.Err != nil:
		return untold(at, "whether kubelets mount its volume", f.Kubernetes.Err)
	case !volume.KubeletMountsGlusterfs(f.Kubernetes.Value):
		return finding{at: at, state: verdict.Wrong, reason: NotMountable,
			says: fmt.Sprintf("its source is glusterfs, which no kubelet of Kubernetes 1.26 and newer mounts, and this is %d.%d", f.Kubernetes.Value.Major(), f.Kubernetes.Value.Minor()),
			toDo: "install the node plugin (kubectl apply -f deploy/csi/), and convert the volume: kubectl annotate pv " + pv.Name + " " + volume.AnnotationConvertTo + "=csi (docs/moving.md)"}
	}
	return finding{at: at, state: verdict.Fine, says: "its source is glusterfs, which kubelets of this Kubernetes mount"}
}

// recorded is whether the PersistentVolume has what its deletion and its growth need.
func (f Facts) recorded(pv *v1.PersistentVolume) finding {
	const at = "annotations"
	switch {
	case volume.IsOfPredecessor(pv):
		return finding{at: at, state: verdict.Fine, says: fmt.Sprintf("it is of %s, and can be taken over (docs/moving.md)", pv.Annotations[volume.ProvisionedBy])}
	case !volume.IsMadeBy(pv, f.Installed.Provisioner):
		return finding{at: at, state: verdict.Fine, says: fmt.Sprintf("it is not of %s, which neither grows nor deletes it", f.Installed.Provisioner)}
	}
	made, err := volume.Recorded(pv)
	if err != nil {
		return finding{at: at, state: verdict.Wrong, reason: NotRecorded, says: fmt.Sprintf("the volume can neither grow nor be deleted: %v", err),
			toDo: "set the annotation on PersistentVolume " + pv.Name}
	}
	return finding{at: at, state: verdict.Fine, says: fmt.Sprintf("volume %s of cluster %s in heketi %s, GID %d", made.ID, made.Cluster, made.Heketi.URL, made.GID)}
}

// conversion is whether the PersistentVolume is to be replaced by another.
func (f Facts) conversion(pv *v1.PersistentVolume) []finding {
	const at = "conversion"
	to, wanted := pv.Annotations[volume.AnnotationConvertTo]
	if f.Conversion.There {
		return []finding{{at: at, state: verdict.Waits, reason: Converted, says: fmt.Sprintf("PersistentVolume %s is being replaced by another that mounts the same volume", pv.Name), toDo: "wait"}}
	}
	if !wanted {
		return nil
	}
	refused := lastOf(append(f.VolumeEvents.Value, f.Events.Value...), "VolumeNotConverted", "ConversionObstructed")
	if refused == nil {
		return []finding{{at: at, state: verdict.Waits, reason: Converted, says: "it is to be converted to source " + to, toDo: "wait"}, f.leader()}
	}
	return []finding{{at: at, state: verdict.Wrong, reason: Converted, says: fmt.Sprintf("it is to be converted to source %s, and cannot be: %s", to, refused.Message), toDo: "do what that says, and it is tried again by itself"}}
}

// growth is whether the claim requests more than it has. The PersistentVolume is nil if it could
// not be read.
func (f Facts) growth(claim *v1.PersistentVolumeClaim, pv *v1.PersistentVolume) []finding {
	const at = "growth"
	wanted, has := claim.Spec.Resources.Requests.Storage(), claim.Status.Capacity.Storage()
	if wanted.Cmp(*has) <= 0 && (pv == nil || resize.GrowsTo(pv, claim) == 0) {
		return nil
	}
	found := finding{at: at, state: verdict.Waits, reason: Growing, says: fmt.Sprintf("the volume grows from %s to %s", has, wanted), toDo: "wait; pods see it without a restart"}
	if pv != nil && !volume.IsMadeBy(pv, f.Installed.Provisioner) {
		found.state, found.reason, found.says = verdict.Wrong, CannotGrow, fmt.Sprintf("it requests %s and has %s, and %s grows only volumes of its own", wanted, has, f.Installed.Provisioner)
		found.toDo = "have the volume taken over (docs/moving.md)"
		return []finding{found}
	}
	why := f.notGrowing(claim, pv)
	if why == "" {
		return []finding{f.leader(), found}
	}
	found.state, found.reason, found.says = verdict.Wrong, CannotGrow, fmt.Sprintf("it requests %s and has %s: %s", wanted, has, why)
	found.toDo = "do what that says, or request less again, which Kubernetes allows from 1.32 on, down to what it has"
	return []finding{onlyIfWrong(f.leader()), found}
}

// notGrowing is why a claim does not grow, as far as that is known; empty if nothing is.
func (f Facts) notGrowing(claim *v1.PersistentVolumeClaim, pv *v1.PersistentVolume) string {
	name, _ := classNamed(claim)
	if pv != nil {
		name = pv.Spec.StorageClassName
	}
	if f.Classes.There {
		if problem := resize.Forbidden(name, f.classCalled(name)); problem != "" {
			return problem
		}
	}
	if problem := resize.Obstacle(claim); problem != "" {
		return problem
	}
	last := lastOf(f.Events.Value, "Resizing", "VolumeResizeSuccessful", "VolumeResizeFailed")
	failed := lastOf(f.Events.Value, "VolumeResizeFailed")
	if failed != nil && last.Reason != "VolumeResizeSuccessful" {
		return failed.Message
	}
	return ""
}
