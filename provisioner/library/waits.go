package library

import (
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// WaitsForPod says whether a claim of that class waits until Kubernetes' scheduler selects a node
// for the first pod that uses it; IsDue is false until then.
func WaitsForPod(claim *v1.PersistentVolumeClaim, class *storagev1.StorageClass) bool {
	return waitsForPods(class) && claim.Annotations[annotationSelectedNode] == ""
}

// waitsForPods says whether claims of a class are provisioned only when a pod needs them.
func waitsForPods(class *storagev1.StorageClass) bool {
	return class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
}
