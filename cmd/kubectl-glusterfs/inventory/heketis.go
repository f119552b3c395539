package inventory

import (
	"cmp"
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// Heketi is a heketi that classes or PersistentVolumes name. Its JSON is told in
// docs/kubectl-glusterfs.md.
type Heketi struct {
	URL string `json:"url"`
	// Classes are the classes that name it.
	Classes []string `json:"classes"`
	// Volumes is how many PersistentVolumes name it, and Bound how many of these are Bound.
	Volumes int `json:"volumes"`
	Bound   int `json:"bound"`
	// Clusters are the ids of its clusters that these are in.
	Clusters []string `json:"clusters"`
}

// Heketis returns the heketis that a provisioner's classes, and PersistentVolumes of GlusterFS
// volumes, name, in the order of their URLs.
func Heketis(provisioner string, classes []*storagev1.StorageClass, volumes []*v1.PersistentVolume) []Heketi {
	byURL := map[string]*Heketi{}
	of := func(url string) *Heketi {
		if byURL[url] == nil {
			byURL[url] = &Heketi{URL: url, Classes: []string{}, Clusters: []string{}}
		}
		return byURL[url]
	}
	for _, class := range Classes(provisioner, classes, nil) {
		if class.Valid {
			heketi := of(class.Heketi)
			heketi.Classes = append(heketi.Classes, class.Name)
		}
	}
	for _, v := range Volumes(volumes, "") {
		if v.Heketi == "" {
			continue
		}
		heketi := of(v.Heketi)
		heketi.Volumes++
		if v.Phase == v1.VolumeBound {
			heketi.Bound++
		}
		if v.Cluster != "" && !slices.Contains(heketi.Clusters, v.Cluster) {
			heketi.Clusters = append(heketi.Clusters, v.Cluster)
		}
	}
	heketis := []Heketi{}
	for _, url := range slices.Sorted(maps.Keys(byURL)) {
		slices.SortFunc(byURL[url].Clusters, cmp.Compare[string])
		heketis = append(heketis, *byURL[url])
	}
	return heketis
}
