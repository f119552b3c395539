package provisioner

import (
	"context"
	"encoding/json"
	"slices"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// volumeFinalizer is the finalizer that the library keeps on a PersistentVolume
// until its volume is deleted.
const volumeFinalizer = "external-provisioner.volume.kubernetes.io/finalizer"

// LibraryClient returns a client for the library that differs from the given one
// in what it does with PersistentVolumes:
//
//   - It patches the finalizer where the library updates the whole object. The
//     library updates its cached copy right after deleting the PersistentVolume,
//     which is when everybody else changes it too; each conflict then repeats the
//     deletion from its start. Finalizers are all that the library ever updates.
//   - It tells in an event when the API server does not save or remove a
//     PersistentVolume, which the library only logs.
func (p *Provisioner) LibraryClient(client kubernetes.Interface) kubernetes.Interface {
	return libraryClient{client, p}
}

type libraryClient struct {
	kubernetes.Interface
	provisioner *Provisioner
}

func (c libraryClient) CoreV1() corev1.CoreV1Interface {
	return libraryCoreV1{c.Interface.CoreV1(), c.provisioner}
}

type libraryCoreV1 struct {
	corev1.CoreV1Interface
	provisioner *Provisioner
}

func (c libraryCoreV1) PersistentVolumes() corev1.PersistentVolumeInterface {
	return libraryVolumes{c.CoreV1Interface.PersistentVolumes(), c.provisioner}
}

type libraryVolumes struct {
	corev1.PersistentVolumeInterface
	provisioner *Provisioner
}

// Create saves a PersistentVolume, or tells its claim why not.
func (c libraryVolumes) Create(ctx context.Context, pv *v1.PersistentVolume, options metav1.CreateOptions) (*v1.PersistentVolume, error) {
	saved, err := c.PersistentVolumeInterface.Create(ctx, pv, options)
	if err != nil && !apierrors.IsAlreadyExists(err) {
		c.provisioner.Events.Eventf(pv.Spec.ClaimRef, v1.EventTypeWarning, "ProvisioningFailed",
			"the volume is made, but its PersistentVolume %s cannot be saved yet; will try again: %v", pv.Name, err)
	}
	return saved, err
}

// Delete removes a PersistentVolume whose volume is deleted, or tells there why
// not.
func (c libraryVolumes) Delete(ctx context.Context, name string, options metav1.DeleteOptions) error {
	err := c.PersistentVolumeInterface.Delete(ctx, name, options)
	if err == nil || apierrors.IsNotFound(err) {
		return err
	}
	if pv, missing := c.provisioner.Informers.Core().V1().PersistentVolumes().Lister().Get(name); missing == nil {
		c.provisioner.Events.Eventf(pv, v1.EventTypeWarning, "VolumeFailedDelete",
			"the volume is deleted, but its PersistentVolume cannot be removed yet; will try again: %v", err)
	}
	return err
}

// Update adds or removes the finalizer, as the given object has it, or tells there
// why not. When it has removed it, the deletion is over, although the cache may yet
// bring the finalizer back for a moment.
func (c libraryVolumes) Update(ctx context.Context, pv *v1.PersistentVolume, _ metav1.UpdateOptions) (*v1.PersistentVolume, error) {
	if slices.Contains(pv.Finalizers, volumeFinalizer) {
		patched, err := c.patchFinalizers(ctx, pv, "finalizers")
		c.tell(pv, err, "FinalizerNotAdded", "the finalizer %s, which keeps the PersistentVolume until its volume is deleted, cannot be added yet; will try again: %v")
		return patched, err
	}
	patched, err := c.patchFinalizers(ctx, pv, "$deleteFromPrimitiveList/finalizers")
	c.tell(pv, err, "VolumeFailedDelete", "the volume is deleted, but the finalizer %s cannot be removed from its PersistentVolume yet; will try again: %v")
	if err == nil {
		c.provisioner.holders.letGo(pv.UID)
	}
	return patched, err
}

// patchFinalizers patches one field of the metadata. The UID in the patch keeps it
// from touching a PersistentVolume made anew by that name.
func (c libraryVolumes) patchFinalizers(ctx context.Context, pv *v1.PersistentVolume, field string) (*v1.PersistentVolume, error) {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": pv.UID,
		field: []string{volumeFinalizer},
	}})
	if err != nil {
		return nil, err
	}
	return c.Patch(ctx, pv.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{})
}

// tell tells of a finalizer that cannot be changed, unless its PersistentVolume is
// gone.
func (c libraryVolumes) tell(pv *v1.PersistentVolume, err error, reason, failure string) {
	if err != nil && !apierrors.IsNotFound(err) {
		c.provisioner.Events.Eventf(pv, v1.EventTypeWarning, reason, failure, volumeFinalizer, err)
	}
}
