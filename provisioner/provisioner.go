package provisioner

import (
	"context"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/types"
	utilversion "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/auditor"
	"glusterfs-provisioner/provisioner/caches"
	"glusterfs-provisioner/provisioner/census"
	"glusterfs-provisioner/provisioner/checkup"
	"glusterfs-provisioner/provisioner/conversion"
	"glusterfs-provisioner/provisioner/endpoints"
	"glusterfs-provisioner/provisioner/events"
	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/interrupted"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/library"
	"glusterfs-provisioner/provisioner/locks"
	"glusterfs-provisioner/provisioner/making"
	"glusterfs-provisioner/provisioner/moving"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/reach"
	"glusterfs-provisioner/provisioner/resize"
	"glusterfs-provisioner/provisioner/restored"
	"glusterfs-provisioner/provisioner/static"
	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/provisioner/work"
)

// Dependencies is what a Provisioner works with. All fields are required.
type Dependencies struct {
	// Name is what StorageClasses call the provisioner.
	Name string
	// Kubernetes is the UID of the Kubernetes cluster: that of its namespace kube-system.
	Kubernetes types.UID
	// Client reads Secrets and, where the cache may be behind, claims and
	// PersistentVolumes.
	Client kubernetes.Interface
	// Informers caches claims, PersistentVolumes, StorageClasses and the CSIDriver
	// of the node plugin. It must not have been started.
	Informers informers.SharedInformerFactory
	// Heketi connects to the heketis that classes name.
	Heketi *heketi.Connector
	// GIDs accounts for all GIDs; it must be empty.
	GIDs *gid.Allocator
	// Journal remembers the volumes that are being made.
	Journal *journal.Journal
	// Namespace is the provisioner's own, where shared Endpoints and the ConfigMaps
	// for the node plugin are.
	Namespace string
	// Endpoints writes Services, Endpoints and those ConfigMaps.
	Endpoints *endpoints.Store
	// EndpointsSync is how often they follow the storage hosts in heketi; 0 for
	// never.
	EndpointsSync time.Duration
	// EndpointsRepaired is told of each of them that was made right again, and
	// StorageHostsUnread how many clusters' storage hosts could not be read when last
	// asked for.
	EndpointsRepaired  func(endpoints.Reason)
	StorageHostsUnread func(clusters int)
	// HeketiCleanedUp is told of each clean-up, of a heketi's own accord, that the
	// provisioner had decided not to ask for.
	HeketiCleanedUp func(heketi string)
	// Observer is told what came of the work.
	Observer Observer
	// Resolver looks up storage hosts that are not IPs.
	Resolver endpoints.Resolver
	// Events tells users what is wrong.
	Events record.EventRecorder
	// RetryClaim says when a claim is tried again that failed, or a deletion,
	// RetryExpansion when a volume that could not grow is, and RetryConversion when a
	// PersistentVolume that could not be converted is.
	RetryClaim      workqueue.RateLimiter
	RetryExpansion  workqueue.RateLimiter
	RetryConversion workqueue.RateLimiter
	// APIServerVersion returns the version that the API server has, which may rise.
	APIServerVersion func(context.Context) *utilversion.Version
	// AttributesClass returns the name of the VolumeAttributesClass that a claim names;
	// empty if it names none.
	AttributesClass func(context.Context, *v1.PersistentVolumeClaim) (string, error)
}

// Observer is told what came of each try, with the error if it failed. The class is empty if
// it is gone. Many tell it at a time.
type Observer interface {
	ClaimTried(class string, err error)
	DeletionTried(class string, err error)
	ExpansionTried(class string, err error)
	// VolumeSaved is told of each PersistentVolume that was made and saved, with how long
	// its claim has waited for it.
	VolumeSaved(class string, waited time.Duration)
}

// Provisioner provisions, grows and deletes volumes.
type Provisioner struct {
	Dependencies
	holders *gid.Holders
	// restored are the PersistentVolumes whose volumes must not be deleted.
	restored *restored.Volumes
	locks    *locks.Locks
	making   *making.Volumes
	resizer  *resize.Resizer
	keeper   *endpoints.Keeper
	trimmer  *caches.Trimmer
	heketis  *reach.Heketis
	// Claims, Volumes and Pauses are what the library's controller has to get in place of
	// the informers of claims and PersistentVolumes, and of its rate limiter.
	Claims  *library.Claims
	Volumes *library.SavedVolumes
	Pauses  *library.Pauses
	// makings and deletions are the turns of the library's two queues.
	makings, deletions *work.Turns
	// Auditor compares heketis with Kubernetes. Interrupted are the operations that
	// heketis were interrupted in.
	Auditor     *auditor.Auditor
	Interrupted *interrupted.Operations
	// Census counts what there is.
	Census *census.Taker
	// Static makes static volumes. Moving has what is recorded follow heketis that move.
	Static *static.Maker
	Moving *moving.Mover
	// Conversions are of PersistentVolumes that are to be mounted in another way.
	Conversions *conversion.Conversions
	checkup     *checkup.Checkup
	// refusals are of the caches that cannot be filled.
	refusals caches.Refusals
	// caughtUp tell whether the handlers have seen all that the caches began with.
	caughtUp []cache.InformerSynced
}

var (
	_ controller.Provisioner      = (*Provisioner)(nil)
	_ controller.Qualifier        = (*Provisioner)(nil)
	_ controller.DeletionGuard    = (*Provisioner)(nil)
	_ controller.BlockProvisioner = (*Provisioner)(nil)
)

// New returns a provisioner. Start it before the library's controller.
func New(dependencies Dependencies) (*Provisioner, error) {
	dependencies.Events = events.Fitting(dependencies.Events)
	p := &Provisioner{
		Dependencies: dependencies,
		holders:      gid.NewHolders(dependencies.GIDs),
		restored:     restored.New(dependencies.Kubernetes, dependencies.Name, dependencies.Client),
		locks:        locks.New(),
		trimmer:      caches.NewTrimmer(),
	}
	caches.Provide(p.Informers, p.trimmer)
	p.heketis = reach.New(reach.Config{
		Secrets:   p.Client.CoreV1(),
		Classes:   p.Informers.Storage().V1().StorageClasses().Lister(),
		Connector: p.Heketi,
	})
	p.Pauses = library.NewPauses(p.RetryClaim, p.waits, func(claim string) { p.Claims.TellOf(claim) })
	p.Claims = library.NewClaims(p.Informers.Core().V1().PersistentVolumeClaims().Informer(), p.Informers.Storage().V1().StorageClasses().Informer(), p.Pauses)
	p.Volumes = library.NewSavedVolumes(p.Informers.Core().V1().PersistentVolumes().Informer())
	p.makings = work.NewTurns(p.perHeketi(), p.Claims.TellOf)
	p.deletions = work.NewTurns(p.perHeketi(), p.Volumes.TellOf)
	p.making = p.newMaking()
	var err error
	if p.keeper, err = p.newKeeper(); err != nil {
		return nil, err
	}
	if err := p.watch(); err != nil {
		return nil, err
	}
	if p.resizer, err = newResizer(p); err != nil {
		return nil, err
	}
	if p.Conversions, err = p.newConversions(); err != nil {
		return nil, err
	}
	p.Auditor, p.Interrupted = p.newAuditor(), p.newInterrupted()
	p.Static, p.Moving = p.newStatic(), p.newMoving()
	p.Census, p.checkup = p.newCensus(), p.newCheckup()
	return p, nil
}

func (p *Provisioner) newAuditor() *auditor.Auditor {
	return auditor.New(auditor.Dependencies{
		Provisioner:       p.Name,
		Client:            p.Client,
		PersistentVolumes: p.Informers.Core().V1().PersistentVolumes().Lister(),
		Heketis:           p.heketis,
		Journal:           p.Journal,
		Conversions:       p.Conversions,
		Trimmer:           p.trimmer,
		Events:            p.Events,
		Grown:             p.resizer.Look,
		Audited:           p.holdStrays,
	})
}

// holdStrays keeps the GIDs of volumes that no PersistentVolume accounts for from being
// given to others.
func (p *Provisioner) holdStrays(report audit.Report) {
	strays := make([]gid.Stray, 0, len(report.Strays))
	for _, stray := range report.Strays {
		strays = append(strays, gid.Stray(stray))
	}
	p.holders.Audited(strays, report.Asked)
}

func (p *Provisioner) newInterrupted() *interrupted.Operations {
	return interrupted.New(interrupted.Dependencies{
		Provisioner:       p.Name,
		Classes:           p.Informers.Storage().V1().StorageClasses().Lister(),
		PersistentVolumes: p.Informers.Core().V1().PersistentVolumes().Lister(),
		Connector:         p.Heketi,
		Heketis:           p.heketis,
		Events:            p.Events,
		About:             p.Journal.Namespace(),
		CleanedUp:         p.HeketiCleanedUp,
	})
}

// perHeketi is how many workers of each queue work for one heketi at a time: twice as many
// as it works for, so that it never waits for the next one.
func (p *Provisioner) perHeketi() int { return 2 * p.Heketi.MaxInFlight() }

// ShouldProvision lets claims of our classes in until draining begins, except those
// whose PersistentVolume is being saved, and those that have failed until their pause is
// over. It lets in only so many of each heketi at a time.
func (p *Provisioner) ShouldProvision(_ context.Context, claim *v1.PersistentVolumeClaim) bool {
	class, found := library.ClassOf(claim, p.Name, p.Informers.Storage().V1().StorageClasses().Lister())
	if !found || !library.IsDue(claim, p.Name, class) || p.Pauses.Refuses(string(claim.UID)) || p.locks.Draining() || p.making.IsMade(claim.UID) {
		return false
	}
	return p.makings.Ask(heketiOf(class), string(claim.UID))
}

// heketiOf returns the URL that a class names; empty if its parameters are wrong.
func heketiOf(class *storagev1.StorageClass) string {
	params, err := parameters.Parse(class.Parameters)
	if err != nil {
		return ""
	}
	return params.Heketi.URL
}

// ShouldDelete lets volumes in until draining begins, except those that only wait
// to disappear. It lets in only so many of each heketi at a time.
func (p *Provisioner) ShouldDelete(_ context.Context, pv *v1.PersistentVolume) bool {
	if p.locks.Draining() || p.holders.IsLetGo(pv.UID) || !library.IsToDelete(pv) {
		return false
	}
	return p.deletions.Ask(pv.Annotations[volume.AnnotationURL], pv.Name)
}

// waits says whether a claim, by its UID, or a PersistentVolume, by its name, waits for its
// turn at a heketi.
func (p *Provisioner) waits(key string) bool { return p.makings.Waits(key) || p.deletions.Waits(key) }

// SupportsBlock returns true so that a claim for a block volume reaches
// Provision, which refuses it and tells what would be right; the library would
// only say that it is not supported.
func (p *Provisioner) SupportsBlock(context.Context) bool { return true }

// LibraryClient returns the client that the library's controller has to get in place
// of the given one.
func (p *Provisioner) LibraryClient(client kubernetes.Interface) kubernetes.Interface {
	return library.NewClient(client, library.Config{
		Events:  p.Events,
		Volumes: p.Informers.Core().V1().PersistentVolumes().Lister(),
		LetGo:   p.holders.LetGo,
	})
}
