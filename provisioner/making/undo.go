package making

import (
	"context"
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

// reasonNotUndone is the reason of events.
const reasonNotUndone = "VolumeNotUndone"

// abandonInTurn abandons a volume when its heketi has a turn for it.
func (v *Volumes) abandonInTurn(ctx context.Context, claim types.UID) error {
	r, open := v.get(claim)
	if !open {
		return nil
	}
	return v.turns.Do(r.entry.Heketi.URL, string(claim), func() error { return v.abandon(ctx, claim) })
}

// abandon undoes what was begun for a claim that does not wait for it any more. The
// caches may be behind, so the API server is asked before anything is deleted.
func (v *Volumes) abandon(ctx context.Context, claim types.UID) error {
	unlock, err := v.Lock(claim)
	if err != nil {
		return nil // It is looked at again when they are done, or within a minute.
	}
	defer unlock()
	r, open := v.get(claim)
	if !open || r.state != Begun {
		return nil
	}
	if wanted, err := v.isWanted(ctx, r.entry); wanted || err != nil {
		return err
	}
	err = v.undo(ctx, r)
	if _, late := errors.AsType[*MayArriveError](err); late {
		return err
	}
	if err != nil {
		v.Events.Eventf(v.Journal.Reference(claim), v1.EventTypeWarning, reasonNotUndone,
			"claim %s does not need its volume any more, but what was begun for it cannot be undone yet: %v", r.entry.Claim, err)
		return err
	}
	klog.FromContext(ctx).Info("Volume undone, since its claim does not need it any more")
	return nil
}

// Undo deletes what exists of a claim's volume: in heketi, then the Service and Endpoints
// that are its own; then its record ends. It returns a *MayArriveError, and keeps the
// record, if a volume may come to exist after all. The claim has to be locked.
func (v *Volumes) Undo(ctx context.Context, claim types.UID) error {
	r, open := v.get(claim)
	if !open {
		return nil
	}
	return v.undo(ctx, r)
}

func (v *Volumes) undo(ctx context.Context, r record) error {
	late := r.late() // Before heketi is asked, since a request may arrive just then.
	if err := v.DeleteVolume(ctx, r.entry); err != nil {
		if err := v.GiveUp(ctx, r.entry, err); err != nil {
			return err
		}
	}
	if err := v.RemoveEndpoints(ctx, r.entry); err != nil {
		return err
	}
	if late != nil {
		return late
	}
	return v.End(ctx, r.entry.ClaimUID)
}

// isSaved says whether, as far as the cache knows, a PersistentVolume mounts the entry's
// volume.
func (v *Volumes) isSaved(entry journal.Entry) bool {
	pv, err := v.PersistentVolumes.Get(entry.PersistentVolume)
	return err == nil && mounts(pv, entry)
}

// waits says whether, as far as the caches know, the entry's claim waits for its volume.
// It does not if another's PersistentVolume has the name of the one that is to come.
func (v *Volumes) waits(entry journal.Entry) bool {
	if pv, err := v.PersistentVolumes.Get(entry.PersistentVolume); err == nil && !mounts(pv, entry) {
		return false
	}
	claim, err := v.Claims.PersistentVolumeClaims(entry.Claim.Namespace).Get(entry.Claim.Name)
	return err == nil && waitsFor(claim, entry)
}

// isWanted asks the API server whether a claim waits for the entry's volume, or a
// PersistentVolume mounts it.
func (v *Volumes) isWanted(ctx context.Context, entry journal.Entry) (bool, error) {
	pv, err := v.Client.CoreV1().PersistentVolumes().Get(ctx, entry.PersistentVolume, metav1.GetOptions{})
	if err == nil {
		return mounts(pv, entry), nil
	}
	if !apierrors.IsNotFound(err) {
		return false, fmt.Errorf("cannot tell whether PersistentVolume %s exists: %w", entry.PersistentVolume, err)
	}
	claim, err := v.Client.CoreV1().PersistentVolumeClaims(entry.Claim.Namespace).Get(ctx, entry.Claim.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("cannot tell whether claim %s still exists: %w", entry.Claim, err)
	}
	return waitsFor(claim, entry), nil
}

// mounts says whether a PersistentVolume mounts the entry's volume, whoever made it.
func mounts(pv *v1.PersistentVolume, entry journal.Entry) bool {
	return volume.NameIn(volume.PathOf(pv)) == entry.Volume
}

// waitsFor says whether a claim is the entry's and has not been given another
// PersistentVolume.
func waitsFor(claim *v1.PersistentVolumeClaim, entry journal.Entry) bool {
	return claim.UID == entry.ClaimUID && (claim.Spec.VolumeName == "" || claim.Spec.VolumeName == entry.PersistentVolume)
}
