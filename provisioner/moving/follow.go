package moving

import (
	"context"
	"encoding/json"
	"fmt"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

// follow writes what a plan has. The journal comes first, so that a volume in the making
// whose PersistentVolume is saved meanwhile is found among the PersistentVolumes next.
func (m *Mover) follow(ctx context.Context, move Move, plan *Plan) error {
	if len(plan.entries) > 0 {
		err := m.Journal.Change(ctx, func(entry journal.Entry) journal.Entry {
			if move.concerns(entry.Heketi) {
				entry.Heketi = move.of(entry.Heketi)
			}
			return entry
		})
		if err != nil {
			return err
		}
	}
	for _, pv := range plan.volumes {
		if err := m.patch(ctx, move, pv); err != nil {
			return err
		}
	}
	return nil
}

// patch writes onto a PersistentVolume how its heketi is reached from now on. The UID keeps
// it from touching one made anew by that name.
func (m *Mover) patch(ctx context.Context, move Move, pv *v1.PersistentVolume) error {
	recorded, err := volume.Recorded(pv)
	if err != nil {
		return err
	}
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid":         pv.UID,
		"annotations": volume.AnnotationsOf(move.of(recorded.Heketi)),
	}})
	if err != nil {
		return err
	}
	_, err = m.Client.CoreV1().PersistentVolumes().Patch(ctx, pv.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("cannot write annotation %s of PersistentVolume %s: %w; what was written before stays, so run this again", volume.AnnotationURL, pv.Name, err)
	}
	return nil
}
