package provisioner

import (
	"context"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/provisioner/census"
	"glusterfs-provisioner/provisioner/checkup"
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
		Saved:             p.Observer.VolumeSaved,
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
// known to be saved, and since when the first of them is in the making; zero if none is.
func (p *Provisioner) VolumesInTheMaking() (count int, since time.Time) {
	return p.making.Len(), p.making.OldestSince()
}

// newCensus returns what counts claims and PersistentVolumes for the metrics.
func (p *Provisioner) newCensus() *census.Taker {
	core := p.Informers.Core().V1()
	return census.New(census.Dependencies{
		Provisioner:       p.Name,
		Classes:           p.Informers.Storage().V1().StorageClasses().Lister(),
		Claims:            core.PersistentVolumeClaims().Lister(),
		PersistentVolumes: core.PersistentVolumes().Lister(),
	})
}

// newCheckup returns what looks after heketis that nobody asks anything.
func (p *Provisioner) newCheckup() *checkup.Checkup {
	return checkup.New(checkup.Dependencies{
		Provisioner:       p.Name,
		Classes:           p.Informers.Storage().V1().StorageClasses().Lister(),
		PersistentVolumes: p.Informers.Core().V1().PersistentVolumes().Lister(),
		Connector:         p.Heketi,
		Heketis:           p.heketis,
		Events:            p.Events,
		About:             p.Journal.Namespace(),
	})
}

// Stuck returns why nothing goes on any more: a piece of work is under way for longer than
// all that it waits for may take, which only a defect of the provisioner explains. It does
// not return if parts of the provisioner wait for each other for ever.
func (p *Provisioner) Stuck(now time.Time) error {
	_, _, _ = p.making.Len(), p.resizer.Waiting(), p.GIDs.Taken() // never return in a deadlock
	bound := workBound * p.Heketi.OperationTimeout()
	of, since, taken := p.locks.Oldest()
	if took := now.Sub(since); taken && took > bound {
		return fmt.Errorf("the work on the claim or PersistentVolume with UID %s is under way for %v, and nothing may take longer than %v", of, took.Round(time.Second), bound)
	}
	return nil
}

// Refused returns what the API server does not let the provisioner see at present; nil if it
// sees all that it has to.
func (p *Provisioner) Refused(now time.Time) error { return p.refusals.Lately(now) }

// workBound is how many times the bound of an operation in heketi a piece of work may take:
// it waits for its turn, and tries each cluster that the class allows.
const workBound = 10

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
