package refusing

import (
	"slices"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/provisioner/volume"
)

// whose tells whose PersistentVolumes are.
type whose struct {
	entries gluster.Database
	names   map[string]bool
	// heketis are the URLs by which PersistentVolumes know this heketi.
	heketis map[string]bool
	others  []string
}

// newWhose returns what tells whose PersistentVolumes are, by the database of this heketi and by all
// PersistentVolumes that there are.
func newWhose(entries gluster.Database, all []*v1.PersistentVolume, others []string) whose {
	w := whose{entries: entries, names: map[string]bool{}, heketis: map[string]bool{}, others: others}
	for _, entry := range entries.Volumes {
		w.names[entry.Info.Name] = true
	}
	for _, pv := range all {
		if heketi, is := heketiOf(pv); is && heketi != Unrecorded && w.has(pv) {
			w.heketis[heketi] = true
		}
	}
	return w
}

// has says whether the database has a PersistentVolume's volume. One that carries no id is looked for by its name.
func (w whose) has(pv *v1.PersistentVolume) bool {
	if id := volume.IDOf(pv); id != "" {
		_, known := w.entries.Volumes[id]
		return known
	}
	return w.names[volume.PathOf(pv)]
}

// isOf says whether a PersistentVolume's volume is in this heketi, or was. It is if it is in one of
// its clusters, or if others of the same heketi are. A database without clusters tells nothing, and
// then it counts which heketis are others.
func (w whose) isOf(pv *v1.PersistentVolume) bool {
	heketi, is := heketiOf(pv)
	if !is || slices.Contains(w.others, heketi) {
		return false
	}
	_, known := w.entries.Clusters[volume.ClusterOf(pv)]
	return known || w.heketis[heketi] || len(w.entries.Clusters) == 0
}
