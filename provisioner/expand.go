package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/resize"
	"glusterfs-provisioner/provisioner/volume"
)

// expanders is how many volumes are grown at a time. They mostly wait for heketi,
// and one that hangs is not to hold up those of others.
const expanders = 100

// newResizer returns what lets claims grow.
func newResizer(p *Provisioner) (*resize.Resizer, error) {
	return resize.New(resize.Dependencies{
		Provisioner: p.Name,
		Client:      p.Client,
		Informers:   p.Informers,
		Grow:        p.grow,
		Lock:        p.locks.Try,
		PerHeketi:   p.perHeketi(),
		Retry:       p.RetryExpansion,
		Events:      p.Events,
	})
}

// grow has heketi grow a PersistentVolume's volume to at least that many GiB, and
// returns how many it has. With 0 it only looks.
func (p *Provisioner) grow(ctx context.Context, pv *v1.PersistentVolume, sizeGiB int) (hasGiB int, err error) {
	hasGiB, err = p.expand(ctx, pv, sizeGiB)
	if sizeGiB > 0 {
		p.Observer.ExpansionTried(p.classOf(pv), err)
	}
	return hasGiB, err
}

// expand does what grow does. Like a deletion, it needs only what the PersistentVolume
// records and the Secret that is named there.
func (p *Provisioner) expand(ctx context.Context, pv *v1.PersistentVolume, sizeGiB int) (hasGiB int, err error) {
	recorded, err := volume.Recorded(pv)
	if err != nil {
		return 0, err
	}
	client, err := p.heketis.Connect(ctx, recorded.Heketi, pv.Spec.StorageClassName)
	if err != nil {
		return 0, err
	}
	grown, err := client.Expand(ctx, recorded.ID, recorded.Cluster, sizeGiB)
	switch {
	case errors.Is(err, heketi.ErrNoSpace) && !errors.Is(err, heketi.ErrInterrupted):
		return 0, fmt.Errorf("%w: %w", resize.ErrInfeasible, err)
	case err != nil:
		return 0, asRecorded(err)
	}
	return grown.SizeGiB, nil
}

// WaitingToGrow returns how many claims request more than their volumes have, and since when
// that is known of the first of them; zero if of none.
func (p *Provisioner) WaitingToGrow() (count int, since time.Time) {
	return p.resizer.Waiting(), p.resizer.WaitingSince()
}
