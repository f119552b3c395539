package volume

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// IDOf returns the id in heketi of a PersistentVolume's volume, whoever made it;
// empty if it carries none. The source counts before the annotations, since it is what
// is mounted and nobody can change it.
func IDOf(pv *v1.PersistentVolume) string {
	if _, id := handleOf(pv); id != "" {
		return id
	}
	if id := pv.Annotations[AnnotationVolumeID]; id != "" {
		return id
	}
	return pv.Annotations[AnnotationInTreeVolumeID]
}

// ClusterOf returns the id of the heketi cluster that has a PersistentVolume's
// volume; empty if it carries none.
func ClusterOf(pv *v1.PersistentVolume) string {
	if cluster, _ := handleOf(pv); cluster != "" {
		return cluster
	}
	return pv.Annotations[AnnotationClusterID]
}

// IsMadeBy says whether the provisioner of that name made a PersistentVolume.
func IsMadeBy(pv *v1.PersistentVolume, provisioner string) bool {
	return pv.Annotations[ProvisionedBy] == provisioner
}

// Recorded reads back what Build wrote onto a PersistentVolume. If that does not suffice
// to delete the volume, the error names the annotation at fault and how to mend it.
func Recorded(pv *v1.PersistentVolume) (Made, error) {
	made := Made{
		Source:     SourceOf(pv),
		Name:       PathOf(pv),
		ID:         IDOf(pv),
		Cluster:    ClusterOf(pv),
		Kubernetes: types.UID(pv.Annotations[AnnotationKubernetes]),
		Heketi: Heketi{
			URL:        pv.Annotations[AnnotationURL],
			User:       pv.Annotations[AnnotationUser],
			KeyInClass: pv.Annotations[AnnotationKeyInClass] == "true",
		},
		SizeGiB:  int(pv.Spec.Capacity.Storage().Value() / bytesPerGiB),
		ReadOnly: isReadOnly(pv),
	}
	made.GID, _ = GIDOf(pv)
	endpoints, _ := EndpointsOf(pv)
	made.EndpointsNamespace, made.EndpointsName = endpoints.Namespace, endpoints.Name
	for _, needed := range []struct{ annotation, value string }{{AnnotationVolumeID, made.ID}, {AnnotationURL, made.Heketi.URL}} {
		if needed.value == "" {
			return Made{}, fmt.Errorf("annotation %s is missing: it says which volume in which heketi this is; set it again with kubectl annotate", needed.annotation)
		}
	}
	if secret, ok := pv.Annotations[AnnotationSecret]; ok {
		ref, err := ParseSecretRef(secret)
		if err != nil {
			return Made{}, fmt.Errorf("annotation %s: %w", AnnotationSecret, err)
		}
		made.Heketi.Secret = ref
	}
	return made, nil
}

// EndpointsOf returns which Endpoints a glusterfs PersistentVolume is mounted
// through, whoever made it; false if it has another source. Their namespace is where
// kubelet looks: the source's, else the claim's.
func EndpointsOf(pv *v1.PersistentVolume) (types.NamespacedName, bool) {
	source := pv.Spec.Glusterfs
	if source == nil {
		return types.NamespacedName{}, false
	}
	of := types.NamespacedName{Name: source.EndpointsName}
	switch {
	case source.EndpointsNamespace != nil:
		of.Namespace = *source.EndpointsNamespace
	case pv.Spec.ClaimRef != nil:
		of.Namespace = pv.Spec.ClaimRef.Namespace
	}
	return of, true
}
