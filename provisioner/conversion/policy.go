package conversion

import (
	"context"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/volume"
)

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
