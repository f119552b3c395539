package provisioner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
)

// unfinished sees every entry of the journal to its end: it closes the entries
// whose PersistentVolume is saved, and undoes those whose claim is gone or has got
// another PersistentVolume.
type unfinished struct {
	provisioner *Provisioner
	queue       workqueue.RateLimitingInterface

	mu sync.Mutex
	// handedOver are the claims whose finished PersistentVolume the library is
	// saving, which it does until it succeeds.
	handedOver map[types.UID]struct{}
	// saved are the claims whose PersistentVolume was seen saved. It may be
	// gone again by the time that the entry is looked at.
	saved map[types.UID]struct{}
}

func newUnfinished(p *Provisioner) *unfinished {
	return &unfinished{
		provisioner: p,
		queue: workqueue.NewNamedRateLimitingQueue(
			workqueue.NewItemExponentialFailureRateLimiter(time.Second, 5*time.Minute), "unfinished"),
		handedOver: map[types.UID]struct{}{},
		saved:      map[types.UID]struct{}{},
	}
}

// review has a claim's entry looked at, if it has one.
func (u *unfinished) review(claim types.UID) {
	if _, open := u.provisioner.Journal.Find(claim); open {
		u.queue.Add(claim)
	}
}

// sawSaved notes that a PersistentVolume is saved, and has its claim's entry
// looked at. A claim may also be bound to another PersistentVolume than the one
// that is made for it.
func (u *unfinished) sawSaved(pv *v1.PersistentVolume) {
	claim := claimOf(pv)
	if entry, open := u.provisioner.Journal.Find(claim); open && entry.PersistentVolume == pv.Name {
		u.mu.Lock()
		u.saved[claim] = struct{}{}
		delete(u.handedOver, claim)
		u.mu.Unlock()
		u.queue.Add(claim)
	}
}

// wasSaved says whether sawSaved was called and the entry is still open.
func (u *unfinished) wasSaved(claim types.UID) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, ok := u.saved[claim]
	return ok
}

// handOver notes that a claim's PersistentVolume is the library's to save.
func (u *unfinished) handOver(claim types.UID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.handedOver[claim] = struct{}{}
}

// isHandedOver says whether handOver was called and the entry is still open.
func (u *unfinished) isHandedOver(claim types.UID) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, ok := u.handedOver[claim]
	return ok
}

// unsaved returns how many PersistentVolumes the library has yet to save.
func (u *unfinished) unsaved() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.handedOver)
}

func (u *unfinished) closed(claim types.UID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.handedOver, claim)
	delete(u.saved, claim)
}

// run works until the context ends.
func (u *unfinished) run(ctx context.Context, workers int) {
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for u.next(ctx) {
			}
		})
	}
	<-ctx.Done()
	u.queue.ShutDown()
	working.Wait()
}

func (u *unfinished) next(ctx context.Context) bool {
	key, shutdown := u.queue.Get()
	if shutdown {
		return false
	}
	defer u.queue.Done(key)
	err := u.settle(ctx, key.(types.UID))
	if late, ok := errors.AsType[*mayArriveError](err); ok {
		u.queue.Forget(key)
		u.queue.AddAfter(key, late.left)
		return true
	}
	if err != nil {
		klog.FromContext(ctx).Error(err, "An unfinished volume cannot be settled yet; will try again", "claimUID", key)
		u.queue.AddRateLimited(key)
		return true
	}
	u.queue.Forget(key)
	return true
}

// settle looks at one entry and does what is due. It returns a *mayArriveError, and
// keeps the entry, as long as a request for its volume may yet reach heketi.
func (u *unfinished) settle(ctx context.Context, claim types.UID) error {
	p := u.provisioner
	entry, open := p.Journal.Find(claim)
	if !open {
		return nil
	}
	if u.wasSaved(claim) || p.holders.saved(entry.PersistentVolume) {
		if err := p.latecomers.check(claim); err != nil {
			return err
		}
		if err := p.Journal.End(ctx, claim); err != nil {
			return err
		}
		u.closed(claim)
		p.latecomers.forget(claim)
		return nil
	}
	if u.isHandedOver(claim) || p.claimWaits(entry) {
		return nil
	}
	end, err := p.operations.begin(claim)
	if err != nil {
		return nil // Provision reviews the entry when it ends.
	}
	defer end()
	return u.abandon(ctx, entry)
}

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
	client, err := p.connect(ctx, entry.Server, entry.Class)
	if err != nil {
		return err
	}
	late := p.latecomers.check(entry.ClaimUID) // Before heketi is asked, since one may arrive just then.
	found, err := client.Find(ctx, entry.Volume, entry.HeketiClusters)
	switch {
	case err == nil:
		err = client.Delete(ctx, found.ID, found.Cluster)
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

// claimWaits says whether, as far as the cache knows, the entry's claim still
// waits for its volume.
func (p *Provisioner) claimWaits(entry journal.Entry) bool {
	claim, err := p.Informers.Core().V1().PersistentVolumeClaims().Lister().PersistentVolumeClaims(entry.Claim.Namespace).Get(entry.Claim.Name)
	return err == nil && waitsFor(claim, entry)
}

// waitsFor says whether a claim is the entry's and has not been given another
// PersistentVolume meanwhile.
func waitsFor(claim *v1.PersistentVolumeClaim, entry journal.Entry) bool {
	return claim.UID == entry.ClaimUID && (claim.Spec.VolumeName == "" || claim.Spec.VolumeName == entry.PersistentVolume)
}
