package volume

import v1 "k8s.io/api/core/v1"

// IsGoing says whether a PersistentVolume is on its way out: it is being deleted, or its
// claim is gone and its volume is to be deleted, even if a try has failed.
func IsGoing(pv *v1.PersistentVolume) bool {
	unclaimed := pv.Status.Phase == v1.VolumeReleased || pv.Status.Phase == v1.VolumeFailed
	return pv.DeletionTimestamp != nil ||
		unclaimed && pv.Spec.PersistentVolumeReclaimPolicy == v1.PersistentVolumeReclaimDelete
}
