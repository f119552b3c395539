package inventory

import (
	"cmp"
	"slices"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	"glusterfs-provisioner/provisioner/classes"
	"glusterfs-provisioner/provisioner/volume"
)

// Class is a class of a provisioner. Its JSON is told in docs/kubectl-glusterfs.md.
type Class struct {
	Name string `json:"name"`
	// Valid says that volumes can be made for it, as far as it says itself, and Problem why not.
	Valid   bool   `json:"valid"`
	Problem string `json:"problem,omitempty"`
	// Warnings are what is accepted and should be changed.
	Warnings []string `json:"warnings,omitempty"`
	// The rest is there only if it is valid. Heketi is the heketi's URL, and Secret the
	// namespace and name of that with the key; empty if there is none.
	Heketi string `json:"heketi,omitempty"`
	Secret string `json:"secret,omitempty"`
	// GIDMin and GIDMax bound the GIDs, and GIDsTaken is how many of these
	// PersistentVolumes have, of whatever class.
	GIDMin    uint32 `json:"gidMin,omitempty"`
	GIDMax    uint32 `json:"gidMax,omitempty"`
	GIDsTaken int    `json:"gidsTaken"`
	// Type is the volume type, such as replicate:3.
	Type string `json:"type,omitempty"`
	// Source is what is to mount the volumes: glusterfs, csi or auto.
	Source string `json:"source,omitempty"`
	// Grows says that claims may grow.
	Grows bool `json:"grows"`
}

// Classes returns the classes of a provisioner, in the order of their names. How many GIDs are
// taken is told from all PersistentVolumes.
func Classes(provisioner string, all []*storagev1.StorageClass, volumes []*v1.PersistentVolume) []Class {
	taken := sets.New[uint32]()
	for _, pv := range volumes {
		if gid, has := volume.GIDOf(pv); has {
			taken.Insert(gid)
		}
	}
	found := []Class{}
	for _, class := range all {
		if class.Provisioner == provisioner {
			found = append(found, classOf(class, taken))
		}
	}
	slices.SortFunc(found, func(a, b Class) int { return cmp.Compare(a.Name, b.Name) })
	return found
}

func classOf(class *storagev1.StorageClass, taken sets.Set[uint32]) Class {
	c := Class{Name: class.Name, Grows: class.AllowVolumeExpansion != nil && *class.AllowVolumeExpansion}
	params, err := Parameters(class, "")
	if err != nil {
		c.Problem = err.Error()
		return c
	}
	c.Valid, c.Warnings = true, classes.Advice(class, params)
	c.Heketi, c.GIDMin, c.GIDMax, c.Type, c.Source = params.Heketi.URL, params.GIDMin, params.GIDMax, params.Durability.String(), params.WantedSource()
	if params.Heketi.Secret != nil {
		c.Secret = params.Heketi.Secret.String()
	}
	for gid := range taken {
		if params.GIDMin <= gid && gid <= params.GIDMax {
			c.GIDsTaken++
		}
	}
	return c
}
