package keeper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/keeper/database"
	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/provisioner/volume"
)

// errOlder is that heketi would forget the volumes that were made since.
var errOlder = errors.New("refusing to start heketi with an older database")

// errUnreadable is that heketi cannot read what is saved.
var errUnreadable = errors.New("the saved database does not work")

// allowSaved returns an error if PersistentVolumes tell that what is saved is not the latest: they are
// younger than it, and it lacks their volumes.
func (k *Keeper) allowSaved(ctx context.Context, data []byte) error {
	saved := k.store.Last()
	copied, err := k.config.Heketi.Offline(data)
	if err != nil {
		return fmt.Errorf("%w: %w", errFiles, err)
	}
	defer copied.Close()
	text, err := copied.Export(ctx)
	if err != nil {
		return fmt.Errorf("%w: generation %d: %w", errUnreadable, saved.Number, err)
	}
	var entries gluster.Database
	if err := json.Unmarshal(text, &entries); err != nil {
		return fmt.Errorf("%w: generation %d: %w", errUnreadable, saved.Number, err)
	}
	var all []*v1.PersistentVolume
	if err := k.eachPersistentVolume(ctx, func(pv *v1.PersistentVolume) { all = append(all, pv) }); err != nil {
		return err
	}
	younger, gone := lacking(entries, saved.Saved, all, k.config.OtherHeketis)
	if len(gone) > 0 {
		klog.InfoS("PersistentVolumes have volumes that were deleted in heketi", "persistentVolumes", some(gone), "count", len(gone))
	}
	switch {
	case len(younger) == 0:
		return nil
	case k.config.AcceptGeneration == saved.Number:
		klog.InfoS("Starting with an older database, as it is wanted", "generation", saved.Number, "persistentVolumes", some(younger), "count", len(younger))
		return nil
	}
	return k.olderRefusal(saved, younger)
}

func (k *Keeper) olderRefusal(saved database.Generation, names []string) error {
	return fmt.Errorf("%w: generation %d in Secret %s/%s was saved at %s, and %d PersistentVolumes are younger and have volumes that are not in it, such as %s; "+
		"restore the latest Secrets and ConfigMap; if these volumes are in another heketi, say so by --other-heketis; "+
		"if there is no later database, start with this one all the same, and heketi will not know these volumes: --accept-generation=%d",
		errOlder, saved.Number, k.config.Namespace, k.config.Name, saved.Saved.Format(time.RFC3339), len(names), some(names), saved.Number)
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
