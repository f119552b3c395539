package refusing

import (
	"context"
	"fmt"
	"strings"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// Unrecorded stands for the heketi of PersistentVolumes that name none.
const Unrecorded = "unrecorded"

// pageSize is how many PersistentVolumes are read at a time.
const pageSize = 500

// shown is how many are named.
const shown = 5

// some names a few.
func some(names []string) string { return strings.Join(names[:min(shown, len(names))], ", ") }

// eachPersistentVolume calls visit for each PersistentVolume.
func (r Refusal) eachPersistentVolume(ctx context.Context, visit func(*v1.PersistentVolume)) error {
	options := metav1.ListOptions{Limit: pageSize}
	for {
		page, err := r.Client.CoreV1().PersistentVolumes().List(ctx, options)
		if err != nil {
			return fmt.Errorf("cannot tell whether there are PersistentVolumes: %w", err)
		}
		for i := range page.Items {
			visit(&page.Items[i])
		}
		if options.Continue = page.Continue; options.Continue == "" {
			return nil
		}
	}
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
	return Unrecorded, volume.IDOf(pv) != "" || volume.IsOfPredecessor(pv)
}
