package provisioner

import (
	"context"
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
)

// abandon undoes what was begun for a claim that does not want it any more. The
// cache may be behind, so the API server is asked before anything is deleted.
func (u *unfinished) abandon(ctx context.Context, entry journal.Entry) error {
	p := u.provisioner
	claim, err := p.Client.CoreV1().PersistentVolumeClaims(entry.Claim.Namespace).Get(ctx, entry.Claim.Name, metav1.GetOptions{})
	if err == nil && waitsFor(claim, entry) {
		return nil
	}
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("cannot tell whether claim %s still exists: %w", entry.Claim, err)
	}
	_, err = p.Client.CoreV1().PersistentVolumes().Get(ctx, entry.PersistentVolume, metav1.GetOptions{})
	if err == nil {
		return nil // It settles the entry when the cache has it.
	}
	if !apierrors.IsNotFound(err) {
		return fmt.Errorf("cannot tell whether PersistentVolume %s exists: %w", entry.PersistentVolume, err)
	}
	err = p.undo(ctx, entry)
	if _, late := errors.AsType[*mayArriveError](err); late {
		return err
	}
	if err != nil {
		p.Events.Eventf(p.Journal.Reference(entry), v1.EventTypeWarning, "VolumeNotUndone",
			"claim %s does not need its volume any more, but what was begun for it cannot be undone yet: %v", entry.Claim, err)
		return err
	}
	klog.FromContext(ctx).Info("Undid what was begun for a claim that does not need it any more", "claim", entry.Claim, "volume", entry.Volume)
	return nil
}

// undo deletes what exists of an entry's volume: in heketi, then the Service and
// Endpoints that are its own, if there are any; then its GID is free and the entry ends. It
// returns a *mayArriveError, and keeps both, if a volume may come to exist after all.
func (p *Provisioner) undo(ctx context.Context, entry journal.Entry) error {
	client, err := p.heketis.Connect(ctx, entry.Server, entry.Class)
	if err != nil {
		return err
	}
	late := p.latecomers.check(entry.ClaimUID) // Before heketi is asked, since one may arrive just then.
	found, err := client.Find(ctx, entry.Volume, entry.HeketiClusters)
	switch {
	case err == nil:
		err = client.Delete(ctx, found.Ref())
	case errors.Is(err, heketi.ErrForeign):
		err = p.giveUp(ctx, entry, err)
	case errors.Is(err, heketi.ErrNotFound):
		err = nil
	}
	if err != nil {
		return err
	}
	if err := p.removeEndpoints(ctx, entry); err != nil {
		return err
	}
	if late != nil {
		return late
	}
	return p.forget(ctx, entry.ClaimUID)
}

// giveUp returns nil if an administrator has removed the entry of a volume that may
// be in a heketi which is gone for good; else the failure, and how to do so.
func (p *Provisioner) giveUp(ctx context.Context, entry journal.Entry, failure error) error {
	removed, err := p.Journal.WasRemoved(ctx, entry.ClaimUID)
	if err != nil {
		return errors.Join(failure, err)
	}
	if removed {
		return nil
	}
	kept := p.Journal.Reference(entry)
	return fmt.Errorf("%w; bring that heketi back, or, if it is gone for good, delete ConfigMap %s in namespace %s", failure, kept.Name, kept.Namespace)
}

// removeEndpoints deletes the Service and Endpoints that an entry's volume has to
// itself. What it shares is the keeper's to remove.
func (p *Provisioner) removeEndpoints(ctx context.Context, entry journal.Entry) error {
	if entry.Endpoints == "" {
		return nil
	}
	return p.Endpoints.Remove(ctx, entry.Claim.Namespace, entry.Endpoints)
}

// afterFailedCreate forgets a volume that certainly does not exist, so that the
// GID is free and the claim can go without asking heketi, and keeps in mind one
// that may.
func (p *Provisioner) afterFailedCreate(ctx context.Context, entry journal.Entry, failure error) error {
	if errors.Is(failure, heketi.ErrForeign) {
		if err := p.giveUp(ctx, entry, failure); err != nil {
			return err
		}
		return errors.Join(failure, p.forget(ctx, entry.ClaimUID))
	}
	if errors.Is(failure, heketi.ErrInterrupted) {
		p.latecomers.expect(entry.ClaimUID)
		return failure
	}
	if errors.Is(failure, heketi.ErrNameTaken) || p.latecomers.check(entry.ClaimUID) != nil {
		return failure
	}
	return errors.Join(failure, p.forget(ctx, entry.ClaimUID))
}

// forget ends what the journal and the allocator know of a volume that does not
// exist.
func (p *Provisioner) forget(ctx context.Context, claim types.UID) error {
	if err := p.Journal.End(ctx, claim); err != nil {
		return err
	}
	p.GIDs.Cancel(claim)
	p.latecomers.forget(claim)
	return nil
}
