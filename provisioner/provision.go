package provisioner

import (
	"context"
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller"

	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Provision makes the volume for a claim and returns its PersistentVolume, which
// the library saves until that succeeds. Each step may be repeated, by this
// process or the next: the journal has what was begun. Every error means that
// the claim is tried again later.
func (p *Provisioner) Provision(ctx context.Context, options controller.ProvisionOptions) (*v1.PersistentVolume, controller.ProvisioningState, error) {
	end, err := p.operations.begin(options.PVC.UID)
	if err != nil {
		return nil, controller.ProvisioningNoChange, err
	}
	defer p.unfinished.review(options.PVC.UID)
	defer end()
	pv, err := p.provision(ctx, options)
	if err != nil {
		return nil, controller.ProvisioningFinished, fitBehind(beforeFailure(options.StorageClass.Name), err)
	}
	return pv, controller.ProvisioningFinished, nil
}

func (p *Provisioner) provision(ctx context.Context, options controller.ProvisionOptions) (*v1.PersistentVolume, error) {
	sizeGiB, err := sizeOf(options.PVC)
	if err != nil {
		return nil, err
	}
	params, err := parameters.Parse(options.StorageClass.Parameters)
	if err != nil {
		return nil, err
	}
	source := p.sourceFor(ctx, params, options.PVC.UID)
	if err := checkAccessModes(options.PVC, source); err != nil {
		return nil, err
	}
	p.warn(options, params)
	client, err := p.connectAs(ctx, params, options.StorageClass.Name)
	if err != nil {
		return nil, err
	}

	entry, begun, err := p.begin(ctx, entryFor(options, params, source), params, client)
	if err != nil {
		return nil, err
	}
	made, err := client.Create(ctx, specOf(entry, params, sizeGiB), begun)
	if err != nil {
		return nil, p.afterFailedCreate(ctx, entry, err)
	}
	if entry, err = p.adoptGID(ctx, entry, made); err != nil {
		return nil, err
	}

	hosts, err := p.listHosts(ctx, entry, params.EndpointsNamePrefix, made)
	if err != nil {
		return nil, err
	}
	klog.FromContext(ctx).Info("Volume made", "claim", entry.Claim, "persistentVolume", entry.PersistentVolume,
		"volume", made.Name, "volumeID", made.ID, "cluster", made.Cluster, "sizeGiB", made.SizeGiB, "gid", made.GID, "source", source)
	p.warnOfSource(ctx, options, params, source)
	p.unfinished.handOver(entry.ClaimUID)
	pv := volume.Build(options.PVName, volume.Made{
		Source:             source,
		Server:             params.Server,
		ID:                 made.ID,
		Cluster:            made.Cluster,
		Name:               made.Name,
		SizeGiB:            made.SizeGiB,
		GID:                made.GID,
		EndpointsNamespace: hosts.endpoints.Namespace,
		EndpointsName:      hosts.endpoints.Name,
		Servers:            hosts.addresses,
	}, options.PVC, options.StorageClass)
	if p.APIServerVersion(ctx).AtLeast(firstWithoutInTreeExpander) {
		volume.ShowToInTree(pv)
	}
	return pv, nil
}

// warn tells the claim's owner what is accepted but should be otherwise.
func (p *Provisioner) warn(options controller.ProvisionOptions, params *parameters.Parameters) {
	for _, warning := range params.Warnings {
		p.Events.Eventf(options.PVC, v1.EventTypeWarning, "StorageClassParameter", "StorageClass %q: %s", options.StorageClass.Name, warning)
	}
	if len(options.StorageClass.AllowedTopologies) > 0 {
		p.Events.Eventf(options.PVC, v1.EventTypeWarning, "TopologyIgnored",
			"StorageClass %q: allowedTopologies means nothing for a network volume and is ignored; remove it", options.StorageClass.Name)
	}
}

// connectAs returns a client for the heketi of a class just parsed.
func (p *Provisioner) connectAs(ctx context.Context, params *parameters.Parameters, class string) (*heketi.Client, error) {
	if params.Server.KeyInClass {
		return p.Heketi.Connect(heketi.Credentials{URL: params.Server.URL, User: params.Server.User, Key: params.UserKey})
	}
	return p.connect(ctx, params.Server, class)
}

// entryFor returns what is to be made for a claim, but for what is found out on the
// way: the GID and heketi's clusters.
func entryFor(options controller.ProvisionOptions, params *parameters.Parameters, source volume.Source) journal.Entry {
	claim := options.PVC
	entry := journal.Entry{
		Claim:            types.NamespacedName{Namespace: claim.Namespace, Name: claim.Name},
		ClaimUID:         claim.UID,
		PersistentVolume: options.PVName,
		Class:            options.StorageClass.Name,
		Volume:           volume.NameInHeketi(params.VolumeNamePrefix, claim.Namespace, claim.Name, claim.UID, options.PVName),
		Server:           params.Server,
		Source:           source,
	}
	switch {
	case source == volume.CSI:
	case params.SharesEndpoints:
		entry.SharesEndpoints = true
	default:
		entry.Endpoints = volume.EndpointsName(params.EndpointsNamePrefix, claim.UID)
	}
	return entry
}

// begin reserves a GID and notes in the journal what is about to be made. It
// returns true if that was noted before, so that the volume may exist already.
func (p *Provisioner) begin(ctx context.Context, entry journal.Entry, params *parameters.Parameters, client *heketi.Client) (journal.Entry, bool, error) {
	before, begun := p.Journal.Find(entry.ClaimUID)
	switch {
	case begun && !sameVolume(before, entry):
		// The class was made anew since. What was begun for it would be lost
		// from sight if it were not undone first.
		if err := p.undo(ctx, before); err != nil {
			return entry, false, fmt.Errorf("StorageClass %q has changed since the volume was begun, and what was begun cannot be undone yet: %w", entry.Class, err)
		}
		begun = false
	case begun && before.Endpoints != entry.Endpoints:
		if err := p.removeEndpoints(ctx, before); err != nil {
			return entry, false, err
		}
	}
	entry.HeketiClusters = before.HeketiClusters
	if !begun {
		var err error
		if entry.HeketiClusters, err = clustersOf(ctx, client, params); err != nil {
			return entry, false, err
		}
	}
	within := gid.Range{Min: params.GIDMin, Max: params.GIDMax}
	reserved, err := p.GIDs.Acquire(entry.ClaimUID, within)
	if err != nil {
		return entry, false, fmt.Errorf("StorageClass %q: %w; widen gidMin and gidMax", entry.Class, err)
	}
	entry.GID = reserved
	return entry, begun, p.Journal.Begin(ctx, entry)
}

// clustersOf returns the clusters by which the class's heketi will be recognized.
// Users who are not heketi's administrator may not list them, and need not if the
// class names its own.
func clustersOf(ctx context.Context, client *heketi.Client, params *parameters.Parameters) ([]string, error) {
	clusters, err := client.Clusters(ctx)
	if errors.Is(err, heketi.ErrUnauthorized) && len(params.Clusters) > 0 {
		return nil, nil
	}
	return clusters, err
}

// sameVolume says whether two entries of one claim mean the same volume in the
// same heketi.
func sameVolume(a, b journal.Entry) bool {
	return a.Volume == b.Volume && a.Server.URL == b.Server.URL
}

func specOf(entry journal.Entry, params *parameters.Parameters, sizeGiB int) heketi.Spec {
	return heketi.Spec{
		Name:           entry.Volume,
		SizeGiB:        sizeGiB,
		Clusters:       params.Clusters,
		HeketiClusters: entry.HeketiClusters,
		GID:            entry.GID,
		Durability:     params.Durability,
		Options:        params.VolumeOptions,
		SnapshotFactor: params.SnapshotFactor,
	}
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

// adoptGID follows heketi when a volume that existed has another GID than the
// one that was reserved.
func (p *Provisioner) adoptGID(ctx context.Context, entry journal.Entry, made *heketi.Volume) (journal.Entry, error) {
	if made.GID == entry.GID {
		return entry, nil
	}
	if err := p.GIDs.Reserve(entry.ClaimUID, made.GID); err != nil {
		return entry, fmt.Errorf("volume %q (id %s) exists in heketi %s: %w; delete it there if it is not needed", made.Name, made.ID, entry.Server.URL, err)
	}
	entry.GID = made.GID
	return entry, p.Journal.Begin(ctx, entry)
}
