package provisioner

import (
	"context"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/provisioner/classes"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/making"
	"glusterfs-provisioner/provisioner/moving"
	"glusterfs-provisioner/provisioner/static"
	"glusterfs-provisioner/provisioner/volume"
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
		Lock:              p.locks.Try,
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

// newClasses returns what tells of classes whether claims can get volumes of them.
func (p *Provisioner) newClasses() *classes.Verdicts {
	return classes.New(classes.Dependencies{
		Provisioner: p.Name,
		Classes:     p.Informers.Storage().V1().StorageClasses().Lister(),
		Heketis:     p.heketis,
		Mounted:     p.mountedSource,
		Events:      p.Events,
	})
}

// newStatic returns what makes static volumes, as Provision would make them.
func (p *Provisioner) newStatic() *static.Maker {
	return static.New(static.Dependencies{
		Provisioner: p.Name,
		Namespace:   p.Namespace,
		Client:      p.Client,
		Classes:     p.Informers.Storage().V1().StorageClasses().Lister(),
		Heketis:     p.heketis,
		Journal:     p.Journal,
		Trimmer:     p.trimmer,
		Resolver:    p.Resolver,
		Source:      p.mountedSource,
		Check: func(claim *v1.PersistentVolumeClaim, class *storagev1.StorageClass, source volume.Source) error {
			if err := checkAccessModes(claim, source); err != nil {
				return err
			}
			return checkMountOptions(class, source)
		},
		Build: p.build,
	})
}

// newMoving returns what has PersistentVolumes and the journal follow a heketi that moves.
func (p *Provisioner) newMoving() *moving.Mover {
	return moving.New(moving.Dependencies{
		Provisioner: p.Name,
		Client:      p.Client,
		Classes:     p.Informers.Storage().V1().StorageClasses().Lister(),
		Heketis:     p.heketis,
		Journal:     p.Journal,
		Trimmer:     p.trimmer,
	})
}
