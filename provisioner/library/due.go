package library

import (
	"bytes"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// The annotations of claims by which the library decides whether and how to provision
// them (annStorageProvisioner, annBetaStorageProvisioner, annSelectedNode and
// annAlphaSelectedNode in it).
const (
	annotationProvisioner       = "volume.kubernetes.io/storage-provisioner"
	annotationBetaProvisioner   = "volume.beta.kubernetes.io/storage-provisioner"
	annotationSelectedNode      = "volume.kubernetes.io/selected-node"
	annotationAlphaSelectedNode = "volume.alpha.kubernetes.io/selected-node"
)

// IsDue says whether the library goes on to provision a claim of that class if
// ShouldProvision lets it in (shouldProvision in it).
func IsDue(claim *v1.PersistentVolumeClaim, provisioner string, class *storagev1.StorageClass) bool {
	annotated, found := claim.Annotations[annotationProvisioner]
	if !found {
		annotated = claim.Annotations[annotationBetaProvisioner]
	}
	return claim.Spec.VolumeName == "" && annotated == provisioner && (!waitsForPods(class) || claim.Annotations[annotationSelectedNode] != "")
}

// waitsForPods says whether claims of a class are provisioned only when a pod needs them.
func waitsForPods(class *storagev1.StorageClass) bool {
	return class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
}

// DueSince returns since when a claim of that class is due: since it was made, or since
// Kubernetes' scheduler has chosen a node for the pod that it waited for. Its managed fields
// tell the latter.
func DueSince(claim *v1.PersistentVolumeClaim, class *storagev1.StorageClass) time.Time {
	if waitsForPods(class) {
		for _, managed := range claim.ManagedFields {
			if managed.Time != nil && managed.FieldsV1 != nil && bytes.Contains(managed.FieldsV1.Raw, []byte(`"f:`+annotationSelectedNode+`"`)) {
				return managed.Time.Time
			}
		}
	}
	return claim.CreationTimestamp.Time
}

// IsToDelete says whether the library goes on to delete a PersistentVolume if ShouldDelete
// lets it in (shouldDelete in it, with finalizers).
func IsToDelete(pv *v1.PersistentVolume) bool {
	return pv.Status.Phase == v1.VolumeReleased && pv.Spec.PersistentVolumeReclaimPolicy == v1.PersistentVolumeReclaimDelete &&
		(pv.DeletionTimestamp == nil || slices.Contains(pv.Finalizers, Finalizer))
}
