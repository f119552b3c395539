package conversion

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/volume"
)

// The reasons of events.
const (
	reasonConverted    = "VolumeConverted"
	reasonNotConverted = "VolumeNotConverted"
	reasonObstructed   = "ConversionObstructed"
)

// later says that it makes sense to try again soon, and that nothing is wrong.
type later struct {
	error
	after time.Duration
}

// After is the time until then.
func (l later) After() time.Duration { return l.after }

// Unwrap returns why.
func (l later) Unwrap() error { return l.error }

// ErrConverted says that a PersistentVolume is what it is to become already.
var ErrConverted = errors.New("it is that already")

// begin looks at a PersistentVolume that may have to be converted, and does all that comes
// before the old one is deleted.
func (c *Conversions) begin(ctx context.Context, name string) error {
	if _, underWay := c.get(name); underWay {
		return nil
	}
	seen, err := c.api.get(ctx, name)
	if err != nil || seen == nil || !isMarked(seen.PersistentVolume) || !c.Concerns(seen.PersistentVolume) {
		return err
	}
	unlock, err := c.Lock(seen.UID)
	if err != nil {
		return later{err, time.Second}
	}
	defer unlock()
	err = c.prepare(ctx, seen)
	var soon later
	switch {
	case err == nil:
		c.underWay.Add(name)
		return nil
	case errors.As(err, &soon):
		return err
	case errors.Is(err, ErrConverted):
		klog.FromContext(ctx).Info("Converted already", "persistentVolume", name)
	case !errors.Is(err, errNotWanted):
		c.tell(seen.PersistentVolume, v1.EventTypeWarning, reasonNotConverted, "cannot be converted to %s: %v", seen.Annotations[volume.AnnotationConvertTo], err)
	}
	if undone := c.giveUp(ctx, name); undone != nil || errors.Is(err, ErrConverted) || errors.Is(err, errNotWanted) {
		return undone
	}
	return err
}

// errNotWanted says that nobody wants a PersistentVolume to be converted any more.
var errNotWanted = errors.New("its annotation is gone")

// prepare saves the record of a PersistentVolume that is to be converted. Any other error
// than one that says when to try again means that it cannot be converted now.
func (c *Conversions) prepare(ctx context.Context, seen *saved) error {
	if seen.Annotations[volume.AnnotationConvertTo] == "" {
		return errNotWanted
	}
	plan, err := c.examine(ctx, seen)
	if err != nil {
		return err
	}
	r := &replacement{name: seen.Name, before: seen.text}
	if !c.take(r) {
		return later{errors.New("others are being converted"), time.Second}
	}
	if err := c.save(ctx, seen, plan); err != nil {
		c.drop(r.name)
		return err
	}
	return nil
}

// save does the first steps, up to the record.
func (c *Conversions) save(ctx context.Context, seen *saved, plan Plan) error {
	if err := c.ListHosts(ctx, seen.PersistentVolume, plan.Made); err != nil {
		return err
	}
	seen, err := c.retain(ctx, seen)
	if err != nil {
		return err
	}
	r := &replacement{name: seen.Name, before: maps.Clone(seen.text), policy: policyOf(seen.PersistentVolume)}
	metadata := maps.Clone(seen.text.object("metadata"))
	delete(metadata, "managedFields")
	r.before["metadata"] = metadata
	if r.after, err = seen.text.successor(plan); err != nil {
		return err
	}
	// One may have been saved by a write that seemed to fail.
	earlier, err := c.lookUp(ctx, r.name)
	if err != nil {
		return err
	}
	if earlier != nil {
		r.configMap = earlier.configMap
	}
	return c.write(ctx, r)
}

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

// policyOf returns the reclaim policy that a PersistentVolume has when it is not being
// converted.
func policyOf(pv *v1.PersistentVolume) v1.PersistentVolumeReclaimPolicy {
	if before := pv.Annotations[volume.AnnotationPolicy]; before != "" {
		return v1.PersistentVolumeReclaimPolicy(before)
	}
	return pv.Spec.PersistentVolumeReclaimPolicy
}

// retain has the reclaim policy be Retain, so that nobody deletes the volume, and notes on
// the PersistentVolume which one it was. It returns the PersistentVolume as it is then. It
// takes the provisioner's finalizer away, too, which would be removed because of the policy.
func (c *Conversions) retain(ctx context.Context, seen *saved) (*saved, error) {
	if seen.Spec.PersistentVolumeReclaimPolicy == v1.PersistentVolumeReclaimRetain {
		return seen, nil
	}
	err := c.api.patch(ctx, seen, map[string]any{
		"annotations":                         map[string]any{volume.AnnotationPolicy: seen.Spec.PersistentVolumeReclaimPolicy},
		"$deleteFromPrimitiveList/finalizers": []string{c.Finalizer},
	}, map[string]any{"persistentVolumeReclaimPolicy": v1.PersistentVolumeReclaimRetain})
	if hasChanged(err) {
		return nil, later{errChanged, time.Second}
	}
	if err != nil {
		return nil, fmt.Errorf("its reclaim policy cannot be set to Retain: %w", err)
	}
	now, err := c.api.get(ctx, seen.Name)
	switch {
	case err != nil:
		return nil, err
	case now == nil || now.UID != seen.UID:
		return nil, later{errChanged, time.Second}
	}
	claim, err := c.api.claimOf(ctx, now.PersistentVolume)
	if err != nil {
		return nil, err
	}
	return now, checkBound(now.PersistentVolume, claim)
}

// giveUp undoes the first steps: a PersistentVolume that is not to be converted, or cannot
// be, has its reclaim policy again, and no record.
func (c *Conversions) giveUp(ctx context.Context, name string) error {
	seen, err := c.api.get(ctx, name)
	if err != nil || seen == nil {
		return err
	}
	to, _ := target(seen.PersistentVolume)
	isConverted := c.isConverted(seen.PersistentVolume, to)
	if seen.Annotations[volume.AnnotationPolicy] == "" && !isConverted {
		return nil
	}
	if r, err := c.lookUp(ctx, name); err != nil {
		return err
	} else if r != nil {
		if err := c.remove(ctx, r.configMap); err != nil {
			return err
		}
	}
	annotations := map[string]any{volume.AnnotationPolicy: nil}
	if isConverted {
		annotations[volume.AnnotationConvertTo] = nil
	}
	return c.restore(ctx, seen, policyOf(seen.PersistentVolume), annotations)
}

// restore gives a PersistentVolume its reclaim policy again, and the finalizer that goes
// with it.
func (c *Conversions) restore(ctx context.Context, seen *saved, policy v1.PersistentVolumeReclaimPolicy, annotations map[string]any) error {
	metadata := map[string]any{}
	if len(annotations) > 0 { // null would remove all that there are
		metadata["annotations"] = annotations
	}
	// None can be added to one that is being deleted, and Kubernetes removes it from those
	// of its own plugin.
	if policy == v1.PersistentVolumeReclaimDelete && seen.DeletionTimestamp == nil && volume.IsMadeBy(seen.PersistentVolume, c.Provisioner) {
		metadata["finalizers"] = []string{c.Finalizer}
	}
	err := c.api.patch(ctx, seen, metadata, map[string]any{"persistentVolumeReclaimPolicy": policy})
	if hasChanged(err) {
		return later{err, 100 * time.Millisecond}
	}
	if err != nil {
		return fmt.Errorf("PersistentVolume %s cannot have its reclaim policy %s again yet: %w", seen.Name, policy, err)
	}
	return nil
}
