package inventory

import (
	"cmp"
	"slices"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// Volume is a GlusterFS volume that Kubernetes knows. Its JSON is told in
// docs/kubectl-glusterfs.md.
type Volume struct {
	// Namespace and Claim are the claim's; empty if it is for none.
	Namespace string `json:"namespace,omitempty"`
	Claim     string `json:"claim,omitempty"`
	// PersistentVolume is its name, and Phase what Kubernetes says of it.
	PersistentVolume string                   `json:"persistentVolume"`
	Phase            v1.PersistentVolumePhase `json:"phase"`
	Class            string                   `json:"class,omitempty"`
	// Size is its capacity, such as 5Gi.
	Size string `json:"size"`
	// GID is 0 if it has none.
	GID uint32 `json:"gid,omitempty"`
	// Source is what mounts it: glusterfs or csi.
	Source volume.Source `json:"source"`
	// Heketi is its heketi's URL, and Cluster and ID are what that calls the cluster and the
	// volume; empty where the PersistentVolume does not say so.
	Heketi  string `json:"heketi,omitempty"`
	Cluster string `json:"cluster,omitempty"`
	ID      string `json:"id,omitempty"`
	// Provisioner is the name of the one that made it; empty if that was a person.
	Provisioner string `json:"provisioner,omitempty"`
}

// Volumes returns those of the PersistentVolumes that mount GlusterFS volumes, whoever made them,
// in the order of claims. With a namespace, only those for its claims.
func Volumes(all []*v1.PersistentVolume, namespace string) []Volume {
	volumes := []Volume{}
	for _, pv := range all {
		if volume.SourceOf(pv) == "" {
			continue
		}
		if v := volumeOf(pv); namespace == "" || v.Namespace == namespace {
			volumes = append(volumes, v)
		}
	}
	slices.SortFunc(volumes, func(a, b Volume) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Claim, b.Claim), cmp.Compare(a.PersistentVolume, b.PersistentVolume))
	})
	return volumes
}

func volumeOf(pv *v1.PersistentVolume) Volume {
	gid, _ := volume.GIDOf(pv)
	v := Volume{
		PersistentVolume: pv.Name, Phase: pv.Status.Phase, Class: pv.Spec.StorageClassName, Size: pv.Spec.Capacity.Storage().String(),
		GID: gid, Source: volume.SourceOf(pv), Heketi: heketiOf(pv), Cluster: volume.ClusterOf(pv), ID: volume.IDOf(pv),
		Provisioner: pv.Annotations[volume.ProvisionedBy],
	}
	if ref := pv.Spec.ClaimRef; ref != nil {
		v.Namespace, v.Claim = ref.Namespace, ref.Name
	}
	return v
}

// heketiOf returns the URL of the heketi that a PersistentVolume names; empty if it names none.
func heketiOf(pv *v1.PersistentVolume) string {
	if url := pv.Annotations[volume.AnnotationURL]; url != "" {
		return url
	}
	former, _ := volume.FormerHeketi(pv)
	return former.URL
}
