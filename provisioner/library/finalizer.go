package library

import (
	"context"
	"encoding/json"
	"slices"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Finalizer is the finalizer that the library keeps on a PersistentVolume until its
// volume is deleted (finalizerPV in the library).
const Finalizer = "external-provisioner.volume.kubernetes.io/finalizer"

// Update adds or removes the finalizer, as the given object has it, or tells there
// why not. It returns the PersistentVolume as the API server has it then. When the
// finalizer is removed, LetGo is told: the cache may show it for a moment yet.
func (c volumeClient) Update(ctx context.Context, pv *v1.PersistentVolume, _ metav1.UpdateOptions) (*v1.PersistentVolume, error) {
	if slices.Contains(pv.Finalizers, Finalizer) {
		patched, err := c.patchFinalizers(ctx, pv, "finalizers")
		c.tell(pv, err, reasonFinalizerNotAdded, "the finalizer %s, which keeps the PersistentVolume until its volume is deleted, cannot be added yet; will try again: %v")
		return patched, err
	}
	patched, err := c.patchFinalizers(ctx, pv, "$deleteFromPrimitiveList/finalizers")
	if err == nil {
		c.LetGo(pv.UID)
	}
	// The library removes it for two reasons, and the policy tells which.
	if pv.Spec.PersistentVolumeReclaimPolicy == v1.PersistentVolumeReclaimDelete {
		c.tell(pv, err, reasonNotDeleted, "the volume is deleted, but the finalizer %s cannot be removed from its PersistentVolume yet; will try again: %v")
	} else {
		c.tell(pv, err, reasonFinalizerNotRemoved, "the volume stays; the finalizer %s, which is only for volumes that are to be deleted, cannot be removed yet; will try again: %v")
	}
	return patched, err
}

// patchFinalizers patches one field of the metadata. The UID in the patch keeps it
// from touching a PersistentVolume made anew by that name.
func (c volumeClient) patchFinalizers(ctx context.Context, pv *v1.PersistentVolume, field string) (*v1.PersistentVolume, error) {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": pv.UID,
		field: []string{Finalizer},
	}})
	if err != nil {
		return nil, err
	}
	return c.Patch(ctx, pv.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{})
}

// tell tells of a finalizer that cannot be changed, unless its PersistentVolume is
// gone.
func (c volumeClient) tell(pv *v1.PersistentVolume, err error, reason, failure string) {
	if err != nil && !apierrors.IsNotFound(err) {
		c.Events.Eventf(pv, v1.EventTypeWarning, reason, failure, Finalizer, err)
	}
}
