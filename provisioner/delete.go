package provisioner

import (
	"context"
	"errors"
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/provisioner/events"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/volume"
)

// Delete deletes a PersistentVolume's volume: first in heketi, then its Service
// and Endpoints, if it has some of its own. It needs only what the PersistentVolume
// records and the Secret that is named there. When it returns nil the library removes the
// PersistentVolume, and its GID is given back when that is gone; after an error
// the library calls it again.
func (p *Provisioner) Delete(ctx context.Context, pv *v1.PersistentVolume) error {
	defer p.deletions.Take(pv.Annotations[volume.AnnotationURL], pv.Name)()
	unlock, err := p.locks.Try(pv.UID)
	if err != nil {
		return leftToNext(err)
	}
	defer unlock()
	ctx = volume.LogPersistentVolume(ctx, pv)
	err = p.delete(ctx, pv)
	p.Observer.DeletionTried(p.classOf(pv), err)
	if err != nil {
		p.comeBackSoon(pv.Name, err)
		klog.FromContext(ctx).Error(err, "The volume cannot be deleted yet; will try again")
	}
	return events.Fit(err)
}

// classOf returns the name of a PersistentVolume's class; empty if there is no such class of
// the provisioner's any more.
func (p *Provisioner) classOf(pv *v1.PersistentVolume) string {
	class, err := p.Informers.Storage().V1().StorageClasses().Lister().Get(pv.Spec.StorageClassName)
	if err != nil || class.Provisioner != p.Name {
		return ""
	}
	return class.Name
}

func (p *Provisioner) delete(ctx context.Context, pv *v1.PersistentVolume) error {
	if p.holders.IsDeleted(pv.UID) {
		return nil
	}
	recorded, err := volume.Recorded(pv)
	if err != nil {
		return err
	}
	if err := p.restored.Check(ctx, pv); err != nil {
		return err
	}
	if err := p.making.MayArrive(volume.ClaimOf(pv)); err != nil {
		return fmt.Errorf("the volume cannot be deleted yet: %w", err)
	}
	client, err := p.heketis.Connect(ctx, recorded.Heketi, pv.Spec.StorageClassName)
	if err != nil {
		return err
	}
	if err := client.Delete(ctx, heketi.Ref{ID: recorded.ID, Name: volume.NameIn(recorded.Name), Cluster: recorded.Cluster}); err != nil {
		return fmt.Errorf("the volume may still exist: %w", asRecorded(err))
	}
	if recorded.HasOwnEndpoints() {
		if err := p.Endpoints.Remove(ctx, recorded.EndpointsNamespace, recorded.EndpointsName); err != nil {
			return err
		}
	}
	p.holders.ConfirmDeleted(pv.UID)
	klog.FromContext(ctx).Info("Volume deleted")
	return nil
}

// asRecorded adds to heketi's error which annotation of the PersistentVolume it goes back to.
func asRecorded(err error) error {
	switch {
	case errors.Is(err, heketi.ErrUnavailable):
		return fmt.Errorf("%w; its address is in annotation %s of the PersistentVolume; if heketi has moved, \"glusterfs-provisioner move-heketi\" writes the new one there, see docs/moving.md", err, volume.AnnotationURL)
	case errors.Is(err, heketi.ErrUnauthorized):
		return fmt.Errorf("%w; the key is in the Secret of annotation %s of the PersistentVolume", err, volume.AnnotationSecret)
	}
	return err
}
