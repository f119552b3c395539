package conversion

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"glusterfs-provisioner/provisioner/volume"
)

// ErrConverted says that a PersistentVolume is what it is to become already.
var ErrConverted = errors.New("it is that already")

// Mark has whoever leads convert a PersistentVolume.
func Mark(ctx context.Context, client kubernetes.Interface, name string, to volume.Source) error {
	patch := fmt.Sprintf(`{"metadata": {"annotations": {%q: %q}}}`, volume.AnnotationConvertTo, to)
	_, err := client.CoreV1().PersistentVolumes().Patch(ctx, name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	return err
}

// Examine says why a PersistentVolume cannot be converted, which need not have the
// annotation: ErrConverted if nothing is to be done. It changes nothing.
func (c *Conversions) Examine(ctx context.Context, name string, to volume.Source) error {
	seen, err := c.api.get(ctx, name)
	if err != nil {
		return err
	}
	if seen == nil {
		return fmt.Errorf("there is no PersistentVolume %s", name)
	}
	seen.PersistentVolume = seen.DeepCopy()
	if seen.Annotations == nil {
		seen.Annotations = map[string]string{}
	}
	seen.Annotations[volume.AnnotationConvertTo] = string(to)
	_, err = c.examine(ctx, seen)
	return err
}

// examine returns what a PersistentVolume is to become, or why it cannot, or ErrConverted.
func (c *Conversions) examine(ctx context.Context, seen *saved) (Plan, error) {
	to, err := target(seen.PersistentVolume)
	if err != nil {
		return Plan{}, err
	}
	if c.isConverted(seen.PersistentVolume, to) {
		return Plan{}, ErrConverted
	}
	claim, err := c.api.claimOf(ctx, seen.PersistentVolume)
	if err != nil {
		return Plan{}, err
	}
	if err := c.check(seen.PersistentVolume, claim, to); err != nil {
		return Plan{}, err
	}
	if err := c.Obstacle(to); err != nil {
		return Plan{}, err
	}
	if c.IsInTheMaking(volume.ClaimOf(seen.PersistentVolume)) {
		return Plan{}, later{errors.New("its volume is being saved"), time.Second}
	}
	plan, err := c.Plan(ctx, seen.PersistentVolume, to)
	if err != nil {
		return Plan{}, err
	}
	return plan, c.rehearse(ctx, seen, plan)
}

// rehearse has the API server say whether it would take the new PersistentVolume, while the
// old one is there: then it refuses it for its name alone, after all other reasons.
func (c *Conversions) rehearse(ctx context.Context, seen *saved, plan Plan) error {
	next, err := seen.text.successor(plan)
	if err != nil {
		return err
	}
	err = c.api.rehearse(ctx, next)
	switch {
	case apierrors.IsForbidden(err), apierrors.IsInvalid(err):
		return fmt.Errorf("the API server would refuse the new PersistentVolume: %w", err)
	case apierrors.IsBadRequest(err):
		// A webhook that cannot be asked without side effects. Whether it refuses shows
		// when the new one is made, and nothing is lost then.
		return nil
	case apierrors.IsAlreadyExists(err):
		return nil
	}
	return err
}
