package conversion

import (
	"context"
	"encoding/json"
	"fmt"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
	corev1 "k8s.io/client-go/kubernetes/typed/core/v1"
)

// api reads and makes PersistentVolumes as texts, since the typed client knows only the
// fields of its own version.
type api struct{ core corev1.CoreV1Interface }

// saved is a PersistentVolume as the API server has it.
type saved struct {
	*v1.PersistentVolume
	text text
}

const asJSON = "application/json"

// get returns the PersistentVolume of that name; nil if there is none.
func (a api) get(ctx context.Context, name string) (*saved, error) {
	written, err := a.core.RESTClient().Get().Resource("persistentvolumes").Name(name).SetHeader("Accept", asJSON).Do(ctx).Raw()
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read PersistentVolume %s: %w", name, err)
	}
	found, err := readText(written)
	if err != nil {
		return nil, fmt.Errorf("cannot read PersistentVolume %s: %w", name, err)
	}
	pv, err := found.typed()
	if err != nil {
		return nil, fmt.Errorf("cannot read PersistentVolume %s: %w", name, err)
	}
	return &saved{pv, found}, nil
}

// create saves a PersistentVolume.
func (a api) create(ctx context.Context, t text) error { return a.post(ctx, t, nil) }

// rehearse has the API server do all that it takes to save a PersistentVolume, but not
// save it.
func (a api) rehearse(ctx context.Context, t text) error {
	return a.post(ctx, t, []string{metav1.DryRunAll})
}

func (a api) post(ctx context.Context, t text, dryRun []string) error {
	written, err := json.Marshal(t)
	if err != nil {
		return err
	}
	return a.core.RESTClient().Post().Resource("persistentvolumes").
		VersionedParams(&metav1.CreateOptions{DryRun: dryRun}, scheme.ParameterCodec).
		SetHeader("Content-Type", asJSON).SetHeader("Accept", asJSON).Body(written).Do(ctx).Error()
}

// patch changes a PersistentVolume, if it is as it was seen.
func (a api) patch(ctx context.Context, seen *saved, metadata, spec map[string]any) error {
	metadata["uid"], metadata["resourceVersion"] = seen.UID, seen.ResourceVersion
	patch := map[string]any{"metadata": metadata}
	if spec != nil {
		patch["spec"] = spec
	}
	written, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	_, err = a.core.PersistentVolumes().Patch(ctx, seen.Name, types.StrategicMergePatchType, written, metav1.PatchOptions{})
	return err
}

// remove deletes a PersistentVolume, if it is as it was seen.
func (a api) remove(ctx context.Context, seen *saved) error {
	return a.core.PersistentVolumes().Delete(ctx, seen.Name, metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &seen.UID, ResourceVersion: &seen.ResourceVersion},
	})
}

// claimOf returns the claim that a PersistentVolume is for; nil if that does not exist, or
// is another by now.
func (a api) claimOf(ctx context.Context, pv *v1.PersistentVolume) (*v1.PersistentVolumeClaim, error) {
	ref := pv.Spec.ClaimRef
	if ref == nil {
		return nil, nil
	}
	claim, err := a.core.PersistentVolumeClaims(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("cannot read claim %s/%s: %w", ref.Namespace, ref.Name, err)
	case claim.UID != ref.UID:
		return nil, nil
	}
	return claim, nil
}
