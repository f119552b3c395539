package refusing

import (
	"context"
	"errors"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/database"
	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/provisioner/volume"
)

// ErrOlder is that heketi would forget the volumes that were made since.
var ErrOlder = errors.New("refusing to start heketi with an older database")

// Older returns an error if PersistentVolumes tell that the entries of what is saved are not the latest: they are
// younger than it, and it lacks their volumes. It is ErrOlder unless they cannot be read.
func (r Refusal) Older(ctx context.Context, saved database.Generation, entries gluster.Database) error {
	var all []*v1.PersistentVolume
	if err := r.eachPersistentVolume(ctx, func(pv *v1.PersistentVolume) { all = append(all, pv) }); err != nil {
		return err
	}
	younger, gone := lacking(entries, saved.Saved, all, r.OtherHeketis)
	if len(gone) > 0 {
		klog.InfoS("PersistentVolumes have volumes that were deleted in heketi", "persistentVolumes", some(gone), "count", len(gone))
	}
	switch {
	case len(younger) == 0:
		return nil
	case r.AcceptGeneration == saved.Number:
		klog.InfoS("Starting with an older database, as it is wanted", "generation", saved.Number, "persistentVolumes", some(younger), "count", len(younger))
		return nil
	}
	return r.ofOlder(saved, younger)
}

func (r Refusal) ofOlder(saved database.Generation, names []string) error {
	return fmt.Errorf("%w: generation %d in Secret %s/%s was saved at %s, and %d PersistentVolumes are younger and have volumes that are not in it, such as %s; "+
		"restore the latest Secrets and ConfigMap; if these volumes are in another heketi, say so by --other-heketis; "+
		"if there is no later database, start with this one all the same, and heketi will not know these volumes: --accept-generation=%d",
		ErrOlder, saved.Number, r.Namespace, r.Name, saved.Saved.Format(time.RFC3339), len(names), some(names), saved.Number)
}

// lacking returns the names of the PersistentVolumes whose volumes are in this heketi, and not in its
// database. The younger ones were made after it was saved. A keeper saves a volume before anybody
// hears of it, so there was a later database. The others were there when it was saved, so that their
// volumes had been deleted in heketi by then.
func lacking(entries gluster.Database, saved time.Time, all []*v1.PersistentVolume, others []string) (younger, gone []string) {
	this := newWhose(entries, all, others)
	for _, pv := range all {
		switch {
		case this.has(pv) || volume.IsGoing(pv) || !this.isOf(pv):
		case pv.CreationTimestamp.After(saved):
			younger = append(younger, pv.Name)
		default:
			gone = append(gone, pv.Name)
		}
	}
	return younger, gone
}
