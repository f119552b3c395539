package provisioner

import (
	"context"
	"encoding/json"
	"slices"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// volumeFinalizer is the finalizer that the library keeps on a PersistentVolume
// until its volume is deleted.
const volumeFinalizer = "external-provisioner.volume.kubernetes.io/finalizer"

// PatchingFinalizers returns a client for the library that patches the finalizer
// of a PersistentVolume where the library updates the whole object. The library
// updates its cached copy right after deleting the PersistentVolume, which is
// when everybody else changes it too; each conflict then repeats the deletion
// from its start. Finalizers are all that the library ever updates.
func PatchingFinalizers(client kubernetes.Interface) kubernetes.Interface {
	return finalizerClient{client}
}

type finalizerClient struct{ kubernetes.Interface }

func (c finalizerClient) CoreV1() corev1.CoreV1Interface {
	return finalizerCoreV1{c.Interface.CoreV1()}
}

type finalizerCoreV1 struct{ corev1.CoreV1Interface }

func (c finalizerCoreV1) PersistentVolumes() corev1.PersistentVolumeInterface {
	return finalizerVolumes{c.CoreV1Interface.PersistentVolumes()}
}

type finalizerVolumes struct {
	corev1.PersistentVolumeInterface
}

// Update adds or removes the finalizer, as the given object has it. The UID in
// the patch keeps it from touching a PersistentVolume made anew by that name.
func (c finalizerVolumes) Update(ctx context.Context, pv *v1.PersistentVolume, _ metav1.UpdateOptions) (*v1.PersistentVolume, error) {
	field := "$deleteFromPrimitiveList/finalizers"
	if slices.Contains(pv.Finalizers, volumeFinalizer) {
		field = "finalizers"
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": pv.UID,
		field: []string{volumeFinalizer},
	}})
	if err != nil {
		return nil, err
	}
	return c.Patch(ctx, pv.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{})
}
