package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller"

	"glusterfs-provisioner/provisioner/classes"
	"glusterfs-provisioner/provisioner/events"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/library"
	"glusterfs-provisioner/provisioner/locks"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// The reasons of events.
const (
	reasonTopology       = "TopologyIgnored"
	reasonReadOnly       = "OnlyReadOnlyMany"
	reasonNotMountable   = "VolumeNotMountable"
	reasonAnotherCluster = "JournalOfAnotherCluster"
)

// What a person has to mend, for errors.Is: the claim, or its class.
var (
	ErrInvalidClaim = errors.New("no volume can serve the claim")
	ErrInvalidClass = errors.New("no volume can be made as the class says")
)

// refusal is an error for which one of these stands. It reads as the error alone.
type refusal struct {
	error
	of error
}

// Unwrap returns the error and what stands for it.
func (r refusal) Unwrap() []error { return []error{r.error, r.of} }

// refused returns the error as one for which another stands.
func refused(of, err error) error { return refusal{err, of} }

// Provision makes the volume for a claim and returns its PersistentVolume, which
// the library saves until that succeeds. Each step may be repeated, by this
// process or the next: the journal has what was begun. Every error means that
// the claim is tried again later.
func (p *Provisioner) Provision(ctx context.Context, options controller.ProvisionOptions) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	url := heketiOf(options.StorageClass)
	defer p.makings.Take(url, string(options.PVC.UID))()
	unlock, err := p.locks.Try(options.PVC.UID)
	if err != nil {
		return nil, controller.ProvisioningNoChange, leftToNext(err)
	}
	defer p.making.Review(options.PVC.UID)
	defer unlock()
	if p.making.IsMade(options.PVC.UID) {
		return nil, controller.ProvisioningNoChange, fmt.Errorf("PersistentVolume %s is being saved", options.PVName)
	}
	ctx = volume.LogClaim(ctx, types.NamespacedName{Namespace: options.PVC.Namespace, Name: options.PVC.Name}, options.PVName, options.StorageClass.Name, url)
	pv, err := p.provision(ctx, options)
	p.Observer.ClaimTried(options.StorageClass.Name, err)
	if err != nil {
		p.comeBackSoon(string(options.PVC.UID), err)
		klog.FromContext(ctx).Error(err, "The volume cannot be made yet; will try again")
		return nil, controller.ProvisioningFinished, events.FitBehind(library.BeforeFailure(options.StorageClass.Name), err)
	}
	return pv, controller.ProvisioningFinished, nil
}

// leftToNext has the library tell nobody of what is not begun because this process ends: the next
// leader does it.
func leftToNext(err error) error {
	if errors.Is(err, locks.ErrDraining) {
		return &controller.IgnoredError{Reason: err.Error()}
	}
	return err
}

func (p *Provisioner) provision(ctx context.Context, options controller.ProvisionOptions) (*v1.PersistentVolume, error) {
	sizeGiB, err := sizeOf(options.PVC)
	if err != nil {
		return nil, refused(ErrInvalidClaim, err)
	}
	params, err := parameters.Parse(options.StorageClass.Parameters)
	if err != nil {
		return nil, refused(ErrInvalidClass, err)
	}
	source := p.sourceFor(ctx, params, options.PVC.UID)
	if err := checkAccessModes(options.PVC, source); err != nil {
		return nil, refused(ErrInvalidClaim, err)
	}
	if err := checkMountOptions(options.StorageClass, source); err != nil {
		return nil, refused(ErrInvalidClass, err)
	}
	if err := p.checkAttributesClass(ctx, options.PVC); err != nil {
		return nil, err
	}
	client, err := p.heketis.ConnectAs(ctx, params, options.StorageClass.Name)
	if err != nil {
		return nil, err
	}

	entry, begun, err := p.begin(ctx, p.entryFor(options, params, source), params, client)
	if err != nil {
		return nil, asInClass(err, options.StorageClass)
	}
	made, err := client.Create(ctx, p.specOf(entry, params, sizeGiB), begun)
	if err != nil {
		return nil, asInClass(p.afterFailedCreate(ctx, entry, err), options.StorageClass)
	}
	p.making.NoteID(entry.ClaimUID, made.ID)
	if entry, err = p.adoptGID(ctx, entry, made); err != nil {
		return nil, err
	}

	hosts, err := p.listHosts(ctx, entry, params.EndpointsNamePrefix, made)
	if err != nil {
		return nil, err
	}
	klog.FromContext(ctx).Info("Volume made", "volume", made.Name, "volumeID", made.ID, "cluster", made.Cluster, "source", source,
		"sizeGiB", made.SizeGiB, "gid", made.GID)
	p.warn(options, params)
	p.warnOfSource(ctx, options, params, source)
	p.making.HandOver(entry.ClaimUID, library.DueSince(options.PVC, options.StorageClass))
	return p.build(ctx, options.PVName, volume.Made{
		Source:             source,
		Heketi:             params.Heketi,
		ID:                 made.ID,
		Cluster:            made.Cluster,
		Name:               made.Name,
		SizeGiB:            made.SizeGiB,
		GID:                made.GID,
		EndpointsNamespace: hosts.endpoints.Namespace,
		EndpointsName:      hosts.endpoints.Name,
		Hosts:              hosts.addresses,
	}, options.PVC, options.StorageClass), nil
}

// awayPause is how long at most what has failed since heketi did not answer is left alone. heketi may be back at any time, such as
// after its pod was replaced, and to ask one that is away costs little.
const awayPause = 30 * time.Second

// comeBackSoon shortens the pause of what has failed, by its key in the library's queues, if heketi is away.
func (p *Provisioner) comeBackSoon(key string, failure error) {
	if errors.Is(failure, heketi.ErrUnavailable) {
		p.Pauses.Shorten(key, awayPause)
	}
}

// asInClass adds to heketi's error which part of the class it goes back to.
func asInClass(err error, class *storagev1.StorageClass) error {
	switch {
	case errors.Is(err, heketi.ErrUnavailable):
		return fmt.Errorf("%w; its address is parameter resturl of StorageClass %q; if heketi has moved, see docs/moving.md", err, class.Name)
	case errors.Is(err, heketi.ErrUnauthorized):
		return fmt.Errorf("%w; the user is parameter restuser of StorageClass %q, and the key is in the Secret that it names", err, class.Name)
	case errors.Is(err, heketi.ErrNoSpace):
		return fmt.Errorf("%w; give heketi disks with room, on as many hosts as a volume of StorageClass %q has bricks with the same files, or request less", err, class.Name)
	}
	return err
}

// build builds a PersistentVolume as this cluster is to have it.
func (p *Provisioner) build(ctx context.Context, name string, made volume.Made, claim *v1.PersistentVolumeClaim, class *storagev1.StorageClass) *v1.PersistentVolume {
	made.Kubernetes = p.Kubernetes
	pv := volume.Build(name, made, claim, class)
	if p.APIServerVersion(ctx).AtLeast(firstWithoutInTreeExpander) {
		volume.ShowToInTree(pv)
	}
	return pv
}

// warn tells the owner of a claim whose volume was made what is accepted but should be
// otherwise.
func (p *Provisioner) warn(options controller.ProvisionOptions, params *parameters.Parameters) {
	for _, warning := range params.Warnings {
		p.Events.Eventf(options.PVC, v1.EventTypeWarning, classes.ReasonAdvice, "StorageClass %q: %s", options.StorageClass.Name, warning)
	}
	if len(options.StorageClass.AllowedTopologies) > 0 {
		p.Events.Eventf(options.PVC, v1.EventTypeWarning, reasonTopology,
			"StorageClass %q: %s", options.StorageClass.Name, classes.TopologyIgnored)
	}
	if modes := options.PVC.Spec.AccessModes; len(modes) == 1 && modes[0] == v1.ReadOnlyMany {
		p.Events.Eventf(options.PVC, v1.EventTypeWarning, reasonReadOnly,
			"spec.accessModes has ReadOnlyMany only, but a new volume is empty, and Kubernetes lets pods write to it all the same; ask for ReadWriteMany, and set readOnly in the pods that must not write")
	}
}

func (p *Provisioner) specOf(entry journal.Entry, params *parameters.Parameters, sizeGiB int) heketi.Spec {
	return heketi.Spec{
		Name:           entry.Volume,
		ID:             p.making.ID(entry.ClaimUID),
		LookSince:      p.making.TakeResumed(entry.ClaimUID),
		SizeGiB:        sizeGiB,
		Clusters:       params.Clusters,
		HeketiClusters: entry.HeketiClusters,
		GID:            entry.GID,
		Durability:     params.Durability,
		Options:        params.VolumeOptions,
		SnapshotFactor: params.SnapshotFactor,
	}
}

// adoptGID follows heketi when a volume that existed has another GID than the
// one that was reserved.
func (p *Provisioner) adoptGID(ctx context.Context, entry journal.Entry, made *heketi.Volume) (journal.Entry, error) {
	if made.GID == entry.GID {
		return entry, nil
	}
	if err := p.GIDs.Reserve(entry.ClaimUID, made.GID); err != nil {
		return entry, fmt.Errorf("volume %q (id %s) exists in heketi %s: %w; delete it there if it is not needed", made.Name, made.ID, entry.Heketi.URL, err)
	}
	entry.GID = made.GID
	return entry, p.making.Begin(ctx, entry)
}
