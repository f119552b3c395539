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
func (p *Provisioner) PatchingFinalizers(client kubernetes.Interface) kubernetes.Interface {
	return finalizerClient{client, p.holders}
}

type finalizerClient struct {
	kubernetes.Interface
	holders *gidHolders
}

func (c finalizerClient) CoreV1() corev1.CoreV1Interface {
	return finalizerCoreV1{c.Interface.CoreV1(), c.holders}
}

type finalizerCoreV1 struct {
	corev1.CoreV1Interface
	holders *gidHolders
}

func (c finalizerCoreV1) PersistentVolumes() corev1.PersistentVolumeInterface {
	return finalizerVolumes{c.CoreV1Interface.PersistentVolumes(), c.holders}
}

type finalizerVolumes struct {
	corev1.PersistentVolumeInterface
	holders *gidHolders
}

// Update adds or removes the finalizer, as the given object has it. The UID in
// the patch keeps it from touching a PersistentVolume made anew by that name. When
// it has removed it, the deletion is over, although the cache may yet bring the
// finalizer back for a moment.
func (c finalizerVolumes) Update(ctx context.Context, pv *v1.PersistentVolume, _ metav1.UpdateOptions) (*v1.PersistentVolume, error) {
	field, removes := "finalizers", !slices.Contains(pv.Finalizers, volumeFinalizer)
	if removes {
		field = "$deleteFromPrimitiveList/finalizers"
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": pv.UID,
		field: []string{volumeFinalizer},
	}})
	if err != nil {
		return nil, err
	}
	patched, err := c.Patch(ctx, pv.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{})
	if err == nil && removes {
		c.holders.letGo(pv.UID)
	}
	return patched, err
}
