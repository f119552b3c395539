package conversion

import (
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/provisioner/volume"
)

// The finalizers that Kubernetes itself has on PersistentVolumes: as long as they are in
// use, and until a plugin of its own has deleted their volumes.
const (
	finalizerProtection = "kubernetes.io/pv-protection"
	finalizerController = "kubernetes.io/pv-controller"
)

// target returns the kind of source that a PersistentVolume is to have. The error names the
// annotation, its value and what would be right.
func target(pv *v1.PersistentVolume) (volume.Source, error) {
	switch to := volume.Source(pv.Annotations[volume.AnnotationConvertTo]); to {
	case volume.Glusterfs, volume.CSI:
		return to, nil
	default:
		return "", fmt.Errorf("annotation %s is %q; it must be %s or %s", volume.AnnotationConvertTo, to, volume.CSI, volume.Glusterfs)
	}
}

// isConverted says whether a PersistentVolume is as it is to be.
func (c *Conversions) isConverted(pv *v1.PersistentVolume, to volume.Source) bool {
	return volume.SourceOf(pv) == to && volume.IsMadeBy(pv, c.Provisioner)
}

// check says why a PersistentVolume cannot be replaced by one with another kind of source:
// what is wrong, and what to do. The claim is nil if there is none.
func (c *Conversions) check(pv *v1.PersistentVolume, claim *v1.PersistentVolumeClaim, to volume.Source) error {
	switch {
	case !volume.IsMadeBy(pv, c.Provisioner) && !volume.IsOfPredecessor(pv):
		return fmt.Errorf("annotation %s is %q, so it is another provisioner's; only those of %s, %s and %s are converted",
			volume.ProvisionedBy, pv.Annotations[volume.ProvisionedBy], c.Provisioner, volume.InTree, volume.Former)
	case volume.SourceOf(pv) == "":
		return fmt.Errorf("its source is neither glusterfs nor csi with driver %s, so it is none of GlusterFS's", volume.Driver)
	case pv.DeletionTimestamp != nil:
		return fmt.Errorf("it is being deleted; convert it before you delete it, or make it again")
	}
	if foreign := c.foreignFinalizers(pv); len(foreign) > 0 {
		return fmt.Errorf("its finalizers %s are somebody else's, who would not know that it is made again; have whoever set them remove them first", strings.Join(foreign, ", "))
	}
	if err := checkBound(pv, claim); err != nil {
		return err
	}
	if err := checkAtRest(pv, claim); err != nil {
		return err
	}
	return checkMountable(pv, to)
}

// checkAtRest says that a predecessor may be about to grow the volume, which only it would
// know of.
func checkAtRest(pv *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) error {
	if !volume.IsOfPredecessor(pv) || claim == nil || claim.Spec.Resources.Requests.Storage().Cmp(*pv.Spec.Capacity.Storage()) <= 0 {
		return nil
	}
	return fmt.Errorf("its claim %s/%s requests %s, and it has %s, so %s may be about to grow it; wait until it has, or, if that does not run any more, write %s into its spec.capacity.storage, which it is compared with heketi after",
		claim.Namespace, claim.Name, claim.Spec.Resources.Requests.Storage(), pv.Spec.Capacity.Storage(), pv.Annotations[volume.ProvisionedBy], claim.Spec.Resources.Requests.Storage())
}

// foreignFinalizers returns those that neither Kubernetes nor the provisioner has set.
func (c *Conversions) foreignFinalizers(pv *v1.PersistentVolume) []string {
	return slices.DeleteFunc(slices.Clone(pv.Finalizers), func(finalizer string) bool {
		return finalizer == finalizerProtection || finalizer == finalizerController || finalizer == c.Finalizer
	})
}

// isUnclaimed says whether the claim of a PersistentVolume was there and is gone.
func isUnclaimed(pv *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) bool {
	return pv.Spec.ClaimRef != nil && claim == nil && (pv.Status.Phase == v1.VolumeReleased || pv.Status.Phase == v1.VolumeFailed)
}

// checkBound says why a PersistentVolume and its claim are not bound to each other. The
// claim of one that a predecessor made may be gone: the predecessor should have done then
// what its reclaim policy says, and whoever takes it over does that.
func checkBound(pv *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) error {
	ref := pv.Spec.ClaimRef
	switch {
	case volume.IsOfPredecessor(pv) && isUnclaimed(pv, claim):
		return nil
	case ref == nil:
		return fmt.Errorf("it is bound to no claim; convert it when a claim is, or make it again by hand")
	case claim == nil:
		return fmt.Errorf("its claim %s/%s (%s) does not exist any more; bind it to another claim first, or delete it", ref.Namespace, ref.Name, ref.UID)
	case claim.DeletionTimestamp != nil:
		return fmt.Errorf("its claim %s/%s is being deleted", ref.Namespace, ref.Name)
	case claim.Spec.VolumeName != pv.Name:
		return fmt.Errorf("its claim %s/%s is bound to PersistentVolume %q", ref.Namespace, ref.Name, claim.Spec.VolumeName)
	case pv.Status.Phase != v1.VolumeBound:
		return fmt.Errorf("it is %s; it has to be %s", pv.Status.Phase, v1.VolumeBound)
	case claim.Status.Phase != v1.ClaimBound:
		return fmt.Errorf("its claim %s/%s is %s; it has to be %s", ref.Namespace, ref.Name, claim.Status.Phase, v1.ClaimBound)
	}
	return nil
}

// checkMountable says why a PersistentVolume could not be mounted from that kind of source.
func checkMountable(pv *v1.PersistentVolume, to volume.Source) error {
	by := mountoptions.Kubelet
	switch {
	case to == volume.CSI:
		by = mountoptions.Plugin
		if path := volume.PathOf(pv); path != volume.NameIn(path) {
			return fmt.Errorf("it mounts %q, a folder of a volume, and the node plugin mounts whole volumes; mount the volume, and use subPath in the pods", path)
		}
	case slices.Contains(pv.Spec.AccessModes, v1.ReadWriteOncePod):
		return fmt.Errorf("spec.accessModes has ReadWriteOncePod, which only CSI volumes support; it can only be %s", volume.CSI)
	}
	return mountoptions.Check(volume.MountOptionsOf(pv), by)
}
