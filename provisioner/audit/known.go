package audit

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"glusterfs-provisioner/provisioner/gluster"
)

// Inventory is what one heketi has.
type Inventory struct {
	// Heketi is its URL, as PersistentVolumes record it.
	Heketi string
	// Volumes are all of its volumes, Clusters the ids of all its clusters.
	Volumes  []Volume
	Clusters []string
	// Err says why heketi could not be asked; then it has nothing else.
	Err error
	// Gluster is what heketi and gluster disagree on, if that was asked for.
	Gluster []gluster.Difference
	// GlusterErr says why heketi did not tell what gluster has.
	GlusterErr error
}

// Volume is a volume as heketi has it.
type Volume struct {
	ID, Name, Cluster string
	SizeGiB           int
	GID               uint32
	// Pending says that heketi is making or deleting it.
	Pending bool
}

// Known is what Kubernetes knows of, in all namespaces and of all classes, whoever made
// it. It is read after heketi was asked.
type Known struct {
	PersistentVolumes []*v1.PersistentVolume
	// Claims are the UIDs of the claims that exist.
	Claims sets.Set[types.UID]
	// Unfinished are the names in heketi of the volumes with an open journal
	// entry, and of those whose PersistentVolume is just being replaced.
	Unfinished sets.Set[string]
	// Before has the versions that the PersistentVolumes had before heketi was asked. One
	// that was made or changed since is not compared, because it may rightly differ from
	// what heketi said. Nil compares all.
	Before map[types.UID]string
}

// Versions returns what Known.Before is to be.
func Versions(all []*v1.PersistentVolume) map[types.UID]string {
	versions := make(map[types.UID]string, len(all))
	for _, pv := range all {
		versions[pv.UID] = pv.ResourceVersion
	}
	return versions
}

// unchanged says whether a PersistentVolume is as it was before heketi was asked.
func (k Known) unchanged(pv *v1.PersistentVolume) bool {
	version, existed := k.Before[pv.UID]
	return k.Before == nil || existed && version == pv.ResourceVersion
}
