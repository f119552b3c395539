package conversion

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/volume"
)

// errAgain says that a step is done, and the next one is due.
var errAgain = errors.New("the next step is due")

// goOn does what is left of a replacement, step by step. What the step is, the record and
// the API server say: so it may have been done up to here by another process.
func (c *Conversions) goOn(ctx context.Context, name string) error {
	r, underWay := c.get(name)
	if !underWay || r.configMap == nil {
		return nil // or it is still being prepared
	}
	unlock, err := c.Lock(r.oldUID())
	if err != nil {
		return later{err, time.Second}
	}
	defer unlock()
	for {
		seen, err := c.api.get(ctx, name)
		if err != nil {
			return err
		}
		if err = c.step(ctx, r, seen); !errors.Is(err, errAgain) {
			return err
		}
		if r, underWay = c.get(name); !underWay {
			return nil
		}
	}
}

// step does the next step.
func (c *Conversions) step(ctx context.Context, r *replacement, seen *saved) error {
	switch {
	case r.bound != "":
		return c.finish(ctx, r, seen)
	case seen == nil:
		return c.make(ctx, r)
	case r.replaces(seen.PersistentVolume) && seen.DeletionTimestamp == nil:
		return c.removeOld(ctx, r, seen)
	case r.replaces(seen.PersistentVolume):
		return c.letGo(ctx, r, seen)
	case r.isMade(seen.PersistentVolume):
		return c.settle(ctx, r, seen)
	}
	return c.obstructed(ctx, r, fmt.Errorf("somebody else has made a PersistentVolume of that name (%s), which does not mount the volume; delete it, and the right one is made", seen.UID))
}

// removeOld deletes the PersistentVolume that is replaced, if it is as the record has it
// and still bound. If not, nothing was lost, and it is looked at anew.
func (c *Conversions) removeOld(ctx context.Context, r *replacement, seen *saved) error {
	claim, err := c.api.claimOf(ctx, seen.PersistentVolume)
	if err != nil {
		return err
	}
	if checkBound(seen.PersistentVolume, claim) != nil || !r.before.saysTheSame(seen.text) ||
		seen.Spec.PersistentVolumeReclaimPolicy != v1.PersistentVolumeReclaimRetain || len(c.foreignFinalizers(seen.PersistentVolume)) > 0 {
		if err := errors.Join(c.unlistNext(ctx, r.after, seen), c.end(ctx, r)); err != nil {
			return err
		}
		c.wanted.Add(r.name)
		return nil
	}
	if err := c.api.remove(ctx, seen); err != nil && !hasChanged(err) {
		return c.obstructed(ctx, r, fmt.Errorf("the old PersistentVolume cannot be deleted: %w", err))
	}
	return errAgain
}

// letGo takes the finalizers off the PersistentVolume that is being deleted. Whoever else
// deletes it at the same time is taken for this conversion, and the new one is made.
func (c *Conversions) letGo(ctx context.Context, r *replacement, seen *saved) error {
	foreign := c.foreignFinalizers(seen.PersistentVolume)
	ours := slices.DeleteFunc(slices.Clone(seen.Finalizers), func(f string) bool { return slices.Contains(foreign, f) })
	if len(ours) > 0 {
		err := c.api.patch(ctx, seen, map[string]any{"$deleteFromPrimitiveList/finalizers": ours}, nil)
		if err != nil && !hasChanged(err) {
			return c.obstructed(ctx, r, fmt.Errorf("the finalizers of the old PersistentVolume, which is being deleted, cannot be removed: %w", err))
		}
		return errAgain
	}
	return c.obstructed(ctx, r, fmt.Errorf("the old PersistentVolume is being deleted, and somebody else's finalizers %q keep it; have whoever set them remove them", foreign))
}

// make saves the new PersistentVolume, whatever has become of the claim: its reclaim policy
// then says what becomes of the volume.
func (c *Conversions) make(ctx context.Context, r *replacement) error {
	err := c.api.create(ctx, r.after)
	if err == nil || apierrors.IsAlreadyExists(err) {
		return errAgain
	}
	return c.obstructed(ctx, r, fmt.Errorf("the old PersistentVolume is deleted, and the API server does not save the new one: %w; once it does, the claim is Bound again", err))
}

// settle waits until the new PersistentVolume and its claim are bound to each other, or the
// claim is certainly gone, and notes that it is the one.
func (c *Conversions) settle(ctx context.Context, r *replacement, seen *saved) error {
	claim, err := c.api.claimOf(ctx, seen.PersistentVolume)
	if err != nil {
		return err
	}
	switch {
	case isUnclaimed(seen.PersistentVolume, claim):
	case claim == nil || seen.Status.Phase != v1.VolumeBound:
		return later{fmt.Errorf("PersistentVolume %s is %s", seen.Name, seen.Status.Phase), time.Second}
	case claim.Status.Phase == v1.ClaimLost:
		if err := c.findClaim(ctx, seen.PersistentVolume, claim); err != nil && !hasChanged(err) {
			return c.obstructed(ctx, r, fmt.Errorf("the status of the claim cannot be written: %w", err))
		}
		return errAgain
	case claim.Status.Phase != v1.ClaimBound:
		return later{fmt.Errorf("claim %s/%s is %s", claim.Namespace, claim.Name, claim.Status.Phase), time.Second}
	}
	old, err := r.before.typed()
	if err != nil {
		return err
	}
	if err := c.Unlist(ctx, old, seen.PersistentVolume); err != nil {
		return c.obstructed(ctx, r, err)
	}
	next := *r
	next.bound = seen.UID
	if err := c.write(ctx, &next); err != nil {
		return err
	}
	return errAgain
}

// findClaim has the status of a claim say that it is Bound, as Kubernetes would: it looks at
// a claim that is Lost only every 15 s, although the PersistentVolume is Bound to it.
func (c *Conversions) findClaim(ctx context.Context, pv *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) error {
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": claim.UID, "resourceVersion": claim.ResourceVersion},
		"status":   v1.PersistentVolumeClaimStatus{Phase: v1.ClaimBound, AccessModes: pv.Spec.AccessModes, Capacity: pv.Spec.Capacity},
	})
	if err != nil {
		return err
	}
	_, err = c.Client.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(ctx, claim.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}

// finish gives the new PersistentVolume the reclaim policy that the old one had, and
// removes the record. It is not made again if somebody deletes it now.
func (c *Conversions) finish(ctx context.Context, r *replacement, seen *saved) error {
	if seen != nil && seen.UID == r.bound {
		if seen.Spec.PersistentVolumeReclaimPolicy != r.policy {
			if err := c.restore(ctx, seen, r.policy, nil); err != nil {
				return err
			}
		}
	}
	if err := c.end(ctx, r); err != nil {
		return err
	}
	c.underWay.Forget(r.name)
	if seen != nil {
		old, err := r.before.typed()
		if err != nil {
			return err
		}
		klog.FromContext(ctx).Info("PersistentVolume converted", "from", volume.SourceOf(old), "to", volume.SourceOf(seen.PersistentVolume))
		c.tell(seen.PersistentVolume, v1.EventTypeNormal, reasonConverted, "%s", outcome(old, seen.PersistentVolume))
	}
	return nil
}

// outcome says in words what has become of a PersistentVolume.
func outcome(before, after *v1.PersistentVolume) string {
	var said []string
	if from, to := volume.SourceOf(before), volume.SourceOf(after); from != to {
		said = append(said, fmt.Sprintf("its source was %s, and is %s now", from, to))
	}
	if from, to := before.Annotations[volume.ProvisionedBy], after.Annotations[volume.ProvisionedBy]; from != to {
		said = append(said, fmt.Sprintf("it was taken over from %s", from))
	}
	return strings.Join(said, "; ")
}

// obstructed tells what stands in the way of a replacement that has begun. It goes on by
// itself.
func (c *Conversions) obstructed(ctx context.Context, r *replacement, problem error) error {
	next, err := r.after.typed()
	if err != nil {
		return errors.Join(problem, err)
	}
	about := []runtime.Object{c.About}
	if claim, err := c.api.claimOf(ctx, next); claim != nil || err != nil {
		about = []runtime.Object{next.Spec.ClaimRef}
	}
	if seen, err := c.Volumes.Get(r.name); err == nil {
		about = append(about, seen)
	}
	for _, object := range about {
		c.Events.Eventf(object, v1.EventTypeWarning, reasonObstructed, "PersistentVolume %s is being converted, and that cannot go on yet; will try again: %v", r.name, problem)
	}
	return problem
}

// tell sends an event about a PersistentVolume to it and to its claim.
func (c *Conversions) tell(pv *v1.PersistentVolume, kind, reason, format string, args ...any) {
	said := fmt.Sprintf(format, args...)
	c.Events.Eventf(pv, kind, reason, "%s", said)
	if pv.Spec.ClaimRef != nil {
		c.Events.Eventf(pv.Spec.ClaimRef, kind, reason, "PersistentVolume %s: %s", pv.Name, said)
	}
}
