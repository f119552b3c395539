package reach

import (
	"cmp"
	"slices"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/provisioner/volume"
)

// Way is how one heketi can be reached: as a class or a PersistentVolume says.
type Way struct {
	Heketi volume.Heketi
	// Class is the name of the class that may have the key.
	Class string
}

// Ways returns the ways in which a provisioner's classes and PersistentVolumes reach
// heketis, by the heketi's URL. Each way is there once. Those of classes come first, in
// the order of their names, because caches have no order. Classes and PersistentVolumes
// that say nothing useful are left out.
func Ways(provisioner string, classes []*storagev1.StorageClass, volumes []*v1.PersistentVolume) map[string][]Way {
	ways, known := map[string][]Way{}, map[string]bool{}
	add := func(server volume.Heketi, class string) {
		if key := server.Way(class); !known[key] {
			known[key] = true
			ways[server.URL] = append(ways[server.URL], Way{server, class})
		}
	}
	byName := func(a, b *storagev1.StorageClass) int { return cmp.Compare(a.Name, b.Name) }
	for _, class := range slices.SortedFunc(slices.Values(classes), byName) {
		if params, err := parameters.Parse(class.Parameters); err == nil && class.Provisioner == provisioner {
			add(params.Heketi, class.Name)
		}
	}
	for _, pv := range volumes {
		if recorded, err := volume.Recorded(pv); err == nil && volume.IsMadeBy(pv, provisioner) {
			add(recorded.Heketi, pv.Spec.StorageClassName)
		}
	}
	return ways
}
