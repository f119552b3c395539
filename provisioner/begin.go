package provisioner

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller"

	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// entryFor returns what is to be made for a claim, but for what is found out on the
// way: the GID and heketi's clusters.
func (p *Provisioner) entryFor(options controller.ProvisionOptions, params *parameters.Parameters, source volume.Source) journal.Entry {
	claim := options.PVC
	entry := journal.Entry{
		Claim:            types.NamespacedName{Namespace: claim.Namespace, Name: claim.Name},
		ClaimUID:         claim.UID,
		Kubernetes:       p.Kubernetes,
		PersistentVolume: options.PVName,
		Class:            options.StorageClass.Name,
		Volume:           volume.NameInHeketi(params.VolumeNamePrefix, claim.Namespace, claim.Name, claim.UID, options.PVName),
		Heketi:           params.Heketi,
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

// begin reserves a GID and notes what is about to be made. It returns true if that was
// noted before, so that the volume may exist already.
func (p *Provisioner) begin(ctx context.Context, entry journal.Entry, params *parameters.Parameters, client *heketi.Client) (journal.Entry, bool, error) {
	before, begun := p.making.Find(entry.ClaimUID)
	if begun && !sameVolume(before, entry) {
		var err error
		if before, err = p.making.Reread(ctx, entry.ClaimUID); err != nil {
			return entry, false, err
		}
	}
	switch {
	case begun && !sameVolume(before, entry):
		// The class was made anew since. What was begun for it would be lost
		// from sight if it were not undone first.
		if err := p.making.Undo(ctx, entry.ClaimUID); err != nil {
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
	return entry, begun, p.making.Begin(ctx, entry)
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
	return a.Volume == b.Volume && a.Heketi.URL == b.Heketi.URL
}

// afterFailedCreate ends the record of a volume that certainly does not exist, so that
// its GID is free and the claim can go without asking heketi. One that may exist stays.
func (p *Provisioner) afterFailedCreate(ctx context.Context, entry journal.Entry, failure error) error {
	switch {
	case errors.Is(failure, heketi.ErrForeign):
		if err := p.making.GiveUp(ctx, entry, failure); err != nil {
			return err
		}
	case errors.Is(failure, heketi.ErrInterrupted):
		p.making.GivenUp(entry.ClaimUID)
		return failure
	case errors.Is(failure, heketi.ErrNameTaken) || p.making.MayArrive(entry.ClaimUID) != nil:
		return failure
	}
	return errors.Join(failure, p.making.End(ctx, entry.ClaimUID))
}
