package provisioner

import (
	"context"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/making"
)

// newMaking returns the volumes that are being made.
func (p *Provisioner) newMaking() *making.Volumes {
	core := p.Informers.Core().V1()
	return making.New(making.Dependencies{
		Journal:           p.Journal,
		GIDs:              p.GIDs,
		Client:            p.Client,
		Claims:            core.PersistentVolumeClaims().Lister(),
		PersistentVolumes: core.PersistentVolumes().Lister(),
		Lock:              p.locks.try,
		DeleteVolume:      p.deleteBegun,
		RemoveEndpoints:   p.removeEndpoints,
		Lateness:          p.Heketi.Lateness(),
		PerHeketi:         p.perHeketi(),
		Events:            p.Events,
	})
}

// deleteBegun deletes in heketi what exists of an entry's volume.
func (p *Provisioner) deleteBegun(ctx context.Context, entry journal.Entry) error {
	client, err := p.heketis.Connect(ctx, entry.Heketi, entry.Class)
	if err != nil {
		return err
	}
	return client.DeleteNamed(ctx, entry.Volume, entry.HeketiClusters)
}

// removeEndpoints deletes the Service and Endpoints that an entry's volume has to
// itself. What it shares is the keeper's to remove.
func (p *Provisioner) removeEndpoints(ctx context.Context, entry journal.Entry) error {
	if entry.Endpoints == "" {
		return nil
	}
	return p.Endpoints.Remove(ctx, entry.Claim.Namespace, entry.Endpoints)
}

// VolumesInTheMaking returns how many volumes were begun whose PersistentVolume is not
// known to be saved.
func (p *Provisioner) VolumesInTheMaking() int { return p.making.Len() }
