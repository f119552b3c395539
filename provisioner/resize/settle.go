package resize

import (
	"context"
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/volume"
)

// The reasons of events, which are those of Kubernetes' own resizers.
const (
	reasonGrowing = "Resizing"
	reasonGrown   = "VolumeResizeSuccessful"
	reasonFailed  = "VolumeResizeFailed"
)

// pair is a PersistentVolume and its claim as the API server has them. The claim is
// nil if there is none that counts.
type pair struct {
	pv    *v1.PersistentVolume
	claim *v1.PersistentVolumeClaim
}

// subject is what events are about.
func (p pair) subject() runtime.Object {
	if p.claim != nil {
		return p.claim
	}
	return p.pv
}

// settle looks at one PersistentVolume and does what it needs.
func (r *Resizer) settle(ctx context.Context, name string) error {
	cached, err := r.Informers.Core().V1().PersistentVolumes().Lister().Get(name)
	switch {
	case apierrors.IsNotFound(err):
		r.done(name)
		return nil
	case err != nil:
		return err
	}
	due := needOf(cached, r.cachedClaimOf(cached)).any() || r.isSuspected(name)
	if !due || !volume.IsMadeBy(cached, r.Provisioner) {
		r.done(name)
		return nil
	}
	return r.turns.Do(cached.Annotations[volume.AnnotationURL], name, func() error { return r.settleInTurn(ctx, cached) })
}

// settleInTurn does what a PersistentVolume needs, once its heketi has a turn for it.
func (r *Resizer) settleInTurn(ctx context.Context, cached *v1.PersistentVolume) error {
	name := cached.Name
	unlock, err := r.Lock(cached.UID)
	if err != nil {
		return err
	}
	defer unlock()
	// The cache may not have yet what was written here a moment ago.
	p, err := r.read(ctx, name)
	if err != nil {
		return err
	}
	if p.pv == nil || volume.IsGoing(p.pv) {
		r.done(name)
		return nil
	}
	return r.satisfy(ctx, p)
}

// read asks the API server for a PersistentVolume, which is nil if it is gone, and for
// its claim.
func (r *Resizer) read(ctx context.Context, name string) (p pair, err error) {
	p.pv, err = r.Client.CoreV1().PersistentVolumes().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return pair{}, nil
	}
	if err != nil || p.pv.Spec.ClaimRef == nil {
		return p, err
	}
	ref := p.pv.Spec.ClaimRef
	claim, err := r.Client.CoreV1().PersistentVolumeClaims(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return p, nil
	case err != nil:
		return p, err
	}
	if belong(p.pv, claim) {
		p.claim = claim
	}
	return p, nil
}

// satisfy gives a PersistentVolume and its claim what they need.
func (r *Resizer) satisfy(ctx context.Context, p pair) error {
	needed := needOf(p.pv, p.claim)
	if needed.growGiB > 0 {
		r.waits(p.pv.Name)
		if problem := r.forbidden(p.pv.Spec.StorageClassName); problem != "" {
			// It is queued again when the class or the claim changes.
			r.Events.Eventf(p.claim, v1.EventTypeWarning, reasonFailed, "cannot grow to %d GiB: %s", needed.growGiB, problem)
			return nil
		}
	}
	if !needed.any() && !r.isSuspected(p.pv.Name) {
		r.done(p.pv.Name)
		return nil
	}
	err := r.grow(ctx, p, needed.growGiB)
	if err != nil {
		r.Events.Event(p.subject(), v1.EventTypeWarning, reasonFailed, err.Error())
		return err
	}
	r.done(p.pv.Name)
	return nil
}

// forbidden says why claims of a class may not grow; empty if they may.
func (r *Resizer) forbidden(name string) string {
	class, err := r.Informers.Storage().V1().StorageClasses().Lister().Get(name)
	if err != nil {
		class = nil
	}
	return Forbidden(name, class)
}

// Forbidden says why claims of the class of that name may not grow; empty if they may. The
// class is nil if it does not exist.
func Forbidden(name string, class *storagev1.StorageClass) string {
	switch {
	case class == nil:
		return fmt.Sprintf("StorageClass %q is gone, and with it the permission to grow; make it again with allowVolumeExpansion: true, or lower the request", name)
	case !allowsGrowth(class):
		return fmt.Sprintf("StorageClass %q does not allow it; set its field allowVolumeExpansion to true, or lower the request", name)
	}
	return ""
}

// grow has the volume grown to that many GiB and records its size. With 0 it only
// records the size.
func (r *Resizer) grow(ctx context.Context, p pair, sizeGiB int) error {
	if sizeGiB > 0 {
		if err := r.announce(ctx, p, sizeGiB); err != nil {
			return fmt.Errorf("cannot grow to %d GiB: the claim's status cannot be written: %w", sizeGiB, err)
		}
	}
	hasGiB, err := r.Grow(ctx, p.pv, sizeGiB)
	switch {
	case errors.Is(err, ErrInfeasible):
		err = fmt.Errorf("cannot grow to %d GiB: %w; make room for it, or lower the request", sizeGiB, err)
		if unsaid := r.sayStuck(ctx, p.claim, err.Error()); unsaid != nil {
			err = fmt.Errorf("%w; and the claim's status cannot be written: %w", err, unsaid)
		}
		return err
	case err != nil && sizeGiB > 0:
		return fmt.Errorf("cannot grow to %d GiB: %w", sizeGiB, err)
	case err != nil:
		return err
	}
	return r.record(ctx, p, sizeGiB, hasGiB)
}

// announce has the claim's status say that its volume grows.
func (r *Resizer) announce(ctx context.Context, p pair, sizeGiB int) error {
	size := volume.GiB(sizeGiB)
	if !saysGrowing(p.claim, size) {
		if err := r.patchStatus(ctx, p.claim, growing(p.claim, size, metav1.Now())); err != nil {
			return err
		}
	}
	if r.queue.NumRequeues(p.pv.Name) == 0 {
		r.Events.Eventf(p.claim, v1.EventTypeNormal, reasonGrowing, "growing the volume from %s to %s", p.pv.Spec.Capacity.Storage(), &size)
	}
	return nil
}

// sayStuck has the claim's status say that its request cannot be met.
func (r *Resizer) sayStuck(ctx context.Context, claim *v1.PersistentVolumeClaim, reason string) error {
	if claim == nil || saysStuck(claim, reason) {
		return nil
	}
	return r.patchStatus(ctx, claim, stuck(reason, metav1.Now()))
}

// record writes what the volume has, of which wantedGiB were asked for, into the
// PersistentVolume and then into the claim's status. It never makes either smaller.
func (r *Resizer) record(ctx context.Context, p pair, wantedGiB, hasGiB int) error {
	has, said := volume.GiB(hasGiB), *p.pv.Spec.Capacity.Storage()
	switch {
	case has.Cmp(said) < 0:
		return fmt.Errorf("the volume has %s, but the PersistentVolume says %s: somebody has made the volume smaller, and the size recorded stays as it is", &has, &said)
	case hasGiB < wantedGiB:
		return fmt.Errorf("the volume has %s, but was to grow to %d GiB", &has, wantedGiB)
	}
	byHand := has.Cmp(said) > 0 && hasGiB > wantedGiB
	if has.Cmp(said) > 0 {
		if err := r.patchCapacity(ctx, p.pv, has); err != nil {
			return fmt.Errorf("the volume has %s now, but the PersistentVolume's capacity cannot be written: %w", &has, err)
		}
	}
	if p.claim != nil {
		said = *p.claim.Status.Capacity.Storage()
		if needOf(p.pv, p.claim).any() || has.Cmp(said) > 0 {
			if err := r.patchStatus(ctx, p.claim, grown(p.claim, has)); err != nil {
				return fmt.Errorf("the volume has %s now, but the claim's status cannot be written: %w", &has, err)
			}
		}
	}
	if has.Cmp(said) > 0 {
		r.tell(ctx, p, said, has, byHand)
	}
	return nil
}

// tell says in the log and in an event that a volume has grown.
func (r *Resizer) tell(ctx context.Context, p pair, from, to resource.Quantity, byHand bool) {
	how := "the volume has grown from %s to %s"
	if byHand {
		how = "the volume was grown by hand from %s to %s; PersistentVolume and claim say so now"
	}
	klog.FromContext(ctx).Info("Volume grown", "from", from.String(), "to", to.String(), "byHand", byHand)
	r.Events.Eventf(p.subject(), v1.EventTypeNormal, reasonGrown, how, &from, &to)
}
