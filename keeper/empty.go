package keeper

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// Unrecorded stands for the heketi of PersistentVolumes that name none.
const Unrecorded = "unrecorded"

// errRefused is that heketi would forget volumes.
var errRefused = errors.New("refusing to start heketi with an empty database")

// pageSize is how many PersistentVolumes are read at a time.
const pageSize = 500

// shown is how many are named.
const shown = 5

// allowEmpty returns an error if there are PersistentVolumes that may be in the heketi that is
// about to start empty.
func (k *Keeper) allowEmpty(ctx context.Context) error {
	var names []string
	heketis := map[string]bool{}
	options := metav1.ListOptions{Limit: pageSize}
	for {
		page, err := k.config.Client.CoreV1().PersistentVolumes().List(ctx, options)
		if err != nil {
			return fmt.Errorf("cannot tell whether there are PersistentVolumes: %w", err)
		}
		for i := range page.Items {
			heketi, is := heketiOf(&page.Items[i])
			if is && !slices.Contains(k.config.OtherHeketis, heketi) {
				names = append(names, page.Items[i].Name)
				heketis[heketi] = true
			}
		}
		if options.Continue = page.Continue; options.Continue == "" {
			break
		}
	}
	if len(names) == 0 {
		return nil
	}
	return k.refusal(names, heketis)
}

func (k *Keeper) refusal(names []string, heketis map[string]bool) error {
	var others []string
	for heketi := range heketis {
		others = append(others, heketi)
	}
	slices.Sort(others)
	some := strings.Join(names[:min(shown, len(names))], ", ")
	return fmt.Errorf("%w: none is saved in Secret %s/%s, and the volumes of %d PersistentVolumes are in heketi (%s), such as those of %s; "+
		"restore the Secret from a backup of the cluster, or, if these volumes are in other heketis than this one, say so: --other-heketis=%s",
		errRefused, k.config.Namespace, k.config.Name, len(names), strings.Join(others, ", "), some, strings.Join(others, ","))
}

// heketiOf returns the base URL of the heketi that a PersistentVolume's volume is in, Unrecorded if
// it does not say; false if it is none of heketi's.
func heketiOf(pv *v1.PersistentVolume) (heketi string, is bool) {
	if recorded := pv.Annotations[volume.AnnotationURL]; recorded != "" {
		return strings.TrimRight(recorded, "/"), true
	}
	if former, recorded := volume.FormerHeketi(pv); recorded {
		return former.URL, true
	}
	hasVolume := pv.Annotations[volume.AnnotationVolumeID] != "" || pv.Annotations[volume.AnnotationInTreeVolumeID] != ""
	return Unrecorded, hasVolume || volume.IsOfPredecessor(pv)
}
