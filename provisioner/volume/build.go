package volume

import (
	"slices"
	"strconv"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Made describes a volume that exists in heketi and can be mounted. Build writes it onto
// a PersistentVolume, Recorded reads it back.
type Made struct {
	// Source is the kind of the PersistentVolume's source. Build takes an empty one
	// for Glusterfs.
	Source Source

	// Kubernetes is the UID of the Kubernetes cluster that made it; empty if that is not
	// recorded.
	Kubernetes types.UID
	// Heketi is the heketi that has it.
	Heketi Heketi
	// ID and Cluster are heketi's ids of the volume and of its cluster.
	ID, Cluster string
	// Name is what gluster calls it; it is mounted by this name.
	Name    string
	SizeGiB int
	// GID is 0 if the volume has none, which is so if somebody made it by hand.
	GID uint32
	// EndpointsNamespace and EndpointsName name the Endpoints that list the storage
	// hosts of a volume of source Glusterfs.
	EndpointsNamespace, EndpointsName string
	// Hosts are the addresses of the storage hosts of a volume of source CSI when
	// it was made. Recorded leaves them out: they may be others by now.
	Hosts []string
	// ReadOnly says that pods may only read. Somebody else has set that.
	ReadOnly bool
}

// Build returns the PersistentVolume of a volume made for a claim of a class. Except for
// a source of another kind and for its annotations, it is as the in-tree plugin wrote it,
// field for field. It has the annotations that a deletion needs, and lacks the plugin's
// own for the volume's id, see ShowToInTree. The caller adds what binds it to the claim.
func Build(name string, made Made, claim *v1.PersistentVolumeClaim, class *storagev1.StorageClass) *v1.PersistentVolume {
	filesystem := v1.PersistentVolumeFilesystem
	reclaim := v1.PersistentVolumeReclaimDelete
	if class.ReclaimPolicy != nil {
		reclaim = *class.ReclaimPolicy
	}
	modes := slices.Clone(claim.Spec.AccessModes)
	if len(modes) == 0 {
		modes = []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce, v1.ReadOnlyMany, v1.ReadWriteMany}
	}
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations(made)},
		Spec: v1.PersistentVolumeSpec{
			Capacity:                      v1.ResourceList{v1.ResourceStorage: GiB(made.SizeGiB)},
			AccessModes:                   modes,
			VolumeMode:                    &filesystem,
			PersistentVolumeReclaimPolicy: reclaim,
			MountOptions:                  slices.Clone(class.MountOptions),
			PersistentVolumeSource:        MountedFrom(made),
		},
	}
}

// ShowToInTree adds the annotation by which the in-tree plugin finds a volume in
// heketi. Call it only where that plugin no longer runs: when a claim grows, the plugin
// takes the PersistentVolume for its own and has heketi expand the volume a second time
// (ExpandVolumeDevice in pkg/volume/glusterfs of Kubernetes up to 1.25). Without the
// annotation it asks heketi for a volume whose id is the volume's name. There is none,
// so it gives up.
func ShowToInTree(pv *v1.PersistentVolume) {
	pv.Annotations[AnnotationInTreeVolumeID] = pv.Annotations[AnnotationVolumeID]
}

func annotations(made Made) map[string]string {
	all := map[string]string{
		annotationDescription: "Gluster-Internal: Dynamically provisioned PV",
		annotationCreatedBy:   "heketi-dynamic-provisioner",
		annotationType:        "file",
		AnnotationVolumeID:    made.ID,
		AnnotationClusterID:   made.Cluster,
	}
	if made.GID != 0 {
		all[AnnotationGID] = strconv.FormatUint(uint64(made.GID), 10)
	}
	if made.Kubernetes != "" {
		all[AnnotationKubernetes] = string(made.Kubernetes)
	}
	writeHeketi(all, made.Heketi)
	return all
}

// writeHeketi records how to reach a volume's heketi.
func writeHeketi(annotations map[string]string, heketi Heketi) {
	for annotation, value := range AnnotationsOf(heketi) {
		if value != nil {
			annotations[annotation] = *value
		}
	}
}

// AnnotationsOf returns all annotations that record how to reach a volume's heketi. Those
// that a PersistentVolume is not to have are nil.
func AnnotationsOf(heketi Heketi) map[string]*string {
	all := map[string]*string{AnnotationURL: &heketi.URL, AnnotationUser: nil, AnnotationSecret: nil, AnnotationKeyInClass: nil}
	if heketi.User != "" {
		all[AnnotationUser] = &heketi.User
	}
	if heketi.Secret != nil {
		secret := heketi.Secret.String()
		all[AnnotationSecret] = &secret
	}
	if heketi.KeyInClass {
		yes := "true"
		all[AnnotationKeyInClass] = &yes
	}
	return all
}
