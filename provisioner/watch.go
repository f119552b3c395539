package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/journal"
)

// watch asks the informers for what the provisioner has to know, and has them
// cache no more of an object than is used.
func (p *Provisioner) watch() error {
	core := p.Informers.Core().V1()
	return errors.Join(
		p.watchWith("PersistentVolumes", core.PersistentVolumes().Informer(), cache.ResourceEventHandlerDetailedFuncs{
			AddFunc:    p.sawNewVolume,
			UpdateFunc: func(_, now any) { p.sawVolume(now) },
			DeleteFunc: p.lostVolume,
		}),
		p.watchWith("claims", core.PersistentVolumeClaims().Informer(), cache.ResourceEventHandlerFuncs{
			UpdateFunc: func(_, now any) { p.sawClaim(now) },
			DeleteFunc: p.lostClaim,
		}),
		p.watchWith("StorageClasses", p.Informers.Storage().V1().StorageClasses().Informer(), p.Classes.Handler()),
		p.watchWith("CSIDrivers", p.Informers.Storage().V1().CSIDrivers().Informer(), cache.ResourceEventHandlerFuncs{}),
	)
}

func (p *Provisioner) watchWith(kind string, informer cache.SharedIndexInformer, handler cache.ResourceEventHandler) error {
	if err := informer.SetWatchErrorHandler(p.refusals.Of(kind, informer.HasSynced)); err != nil {
		return err
	}
	if err := informer.SetTransform(p.trimmer.Trim); err != nil {
		return err
	}
	registration, err := informer.AddEventHandler(handler)
	if err != nil {
		return err
	}
	p.caughtUp = append(p.caughtUp, registration.HasSynced)
	return nil
}

// sawNewVolume also notes who made a PersistentVolume that was not there at the start.
func (p *Provisioner) sawNewVolume(object any, atStart bool) {
	if pv, ok := object.(*v1.PersistentVolume); ok && !atStart {
		p.restored.Made(pv, p.making.Makes(pv) || p.Conversions.Makes(pv))
	}
	p.sawVolume(object)
}

func (p *Provisioner) sawVolume(object any) {
	pv, ok := object.(*v1.PersistentVolume)
	if !ok {
		return
	}
	p.restored.Seen(pv)
	p.holders.Seen(pv)
	p.making.SawPersistentVolume(pv)
}

func (p *Provisioner) lostVolume(object any) {
	if pv, ok := caches.LastKnown[*v1.PersistentVolume](object); ok {
		if !p.holders.IsDeleted(pv.UID) && !p.Conversions.Replaces(pv) {
			p.Auditor.SawRemoved(pv)
		}
		p.restored.Gone(pv)
		p.holders.Gone(pv)
	}
}

// sawClaim has a volume in the making looked at whose claim has got a PersistentVolume,
// which may not be the one that is being made.
func (p *Provisioner) sawClaim(object any) {
	if claim, ok := object.(*v1.PersistentVolumeClaim); ok && claim.Spec.VolumeName != "" {
		p.making.Review(claim.UID)
	}
}

func (p *Provisioner) lostClaim(object any) {
	if claim, ok := caches.LastKnown[*v1.PersistentVolumeClaim](object); ok {
		p.Auditor.SawClaimRemoved(claim, time.Now())
		p.making.Review(claim.UID)
	}
}

// CatchUp waits until the caches are filled. The informers must have been started. It
// returns an error that says what is missing if the API server goes on to refuse to list
// something.
func (p *Provisioner) CatchUp(ctx context.Context) error {
	return p.refusals.WaitForSync(ctx, caches.Patience, p.caughtUp...)
}

// Start waits for the caches, learns which GIDs are taken, by saved volumes and
// by those that were being made or converted when the last leader stopped, and begins to
// see the latter to their end, to convert others, to keep Endpoints right, to let claims grow, and to judge
// classes. It returns
// when volumes can be provisioned; the rest goes on until the context ends. The
// informers must have been started.
func (p *Provisioner) Start(ctx context.Context) error {
	if err := p.CatchUp(ctx); err != nil {
		return err
	}
	if err := p.keeper.Start(ctx); err != nil {
		return err
	}
	entries, err := p.ownEntries(ctx)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if err := p.making.Resume(entry); err != nil {
			// Somebody saved a PersistentVolume with that GID by hand. The claim is
			// told when its volume is found.
			klog.FromContext(ctx).Error(err, "The GID of an unfinished volume is held by another", "claim", entry.Claim.String())
		}
	}
	if err := p.Conversions.Resume(ctx); err != nil {
		return err
	}
	klog.FromContext(ctx).Info("Took over", "gidsTaken", p.GIDs.Taken(), "unfinishedVolumes", len(entries), "unfinishedConversions", p.Conversions.UnderWay())
	go p.making.Run(ctx)
	go p.Classes.Run(ctx)
	go p.resizer.Run(ctx, expanders)
	go p.Conversions.Run(ctx)
	go p.keeper.Run(ctx)
	go p.Interrupted.Watch(ctx)
	go p.checkup.Run(ctx)
	return nil
}

// ownEntries returns the entries of the journal. Those that another Kubernetes cluster wrote
// are removed: they came with a backup, their claims are gone for good, and to undo their
// volumes would be to delete what that cluster has made of them since.
func (p *Provisioner) ownEntries(ctx context.Context) (own []journal.Entry, err error) {
	entries, err := p.Journal.List(ctx)
	if err != nil {
		return nil, err
	}
	var removals errgroup.Group // The journal removes those of all with one write.
	for _, entry := range entries {
		if entry.Kubernetes == "" || entry.Kubernetes == p.Kubernetes {
			own = append(own, entry)
			continue
		}
		removals.Go(func() error { return p.Journal.Remove(ctx, entry.ClaimUID) })
		p.Events.Eventf(p.Journal.Namespace(), v1.EventTypeWarning, reasonAnotherCluster,
			"the journal, restored from a backup, says that another Kubernetes cluster (%s) was making volume %s in heketi %s for claim %s; it is left as it is, and the audit tells whether it is there",
			entry.Kubernetes, entry.Volume, entry.Heketi.URL, entry.Claim)
	}
	return own, removals.Wait()
}

// Drain lets nothing new begin and waits until what is under way has ended and
// every finished volume's PersistentVolume is saved. It returns an error that
// says what is left when the context ends first; that is safe, since the
// journal remembers it.
func (p *Provisioner) Drain(ctx context.Context) error {
	p.locks.Drain()
	err := wait.PollUntilContextCancel(ctx, 20*time.Millisecond, true, func(context.Context) (bool, error) {
		return p.locks.Count() == 0 && p.making.Unsaved() == 0 && p.making.Ending() == 0, nil
	})
	if err != nil {
		return fmt.Errorf("%d operations and %d unsaved PersistentVolumes are left for the next start",
			p.locks.Count(), p.making.Unsaved())
	}
	return nil
}
