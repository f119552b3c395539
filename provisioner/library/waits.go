package library

import (
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// WaitsForPod says whether a claim of that class waits until Kubernetes' scheduler selects a node
// for the first pod that uses it; IsDue is false until then.
func WaitsForPod(claim *v1.PersistentVolumeClaim, class *storagev1.StorageClass) bool {
	mode := class.VolumeBindingMode
	return mode != nil && *mode == storagev1.VolumeBindingWaitForFirstConsumer && claim.Annotations[annotationSelectedNode] == ""
}
