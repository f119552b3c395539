package provisioner

import (
	"context"
	"errors"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
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
	claim := volume.ClaimOf(pv)
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
