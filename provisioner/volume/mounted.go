package volume

import utilversion "k8s.io/apimachinery/pkg/util/version"

// firstWithoutGlusterfs is the first version of Kubernetes whose kubelets do not mount the
// source Glusterfs.
var firstWithoutGlusterfs = utilversion.MustParseGeneric("1.26")

// KubeletMountsGlusterfs says whether kubelets of that version of Kubernetes mount the source
// Glusterfs.
func KubeletMountsGlusterfs(kubernetes *utilversion.Version) bool {
	return kubernetes.LessThan(firstWithoutGlusterfs)
}

// MountedSource returns the kind of source that a cluster of that version of Kubernetes mounts,
// with or without the CSIDriver of the node plugin.
func MountedSource(kubernetes *utilversion.Version, hasDriver bool) Source {
	if !KubeletMountsGlusterfs(kubernetes) && hasDriver {
		return CSI
	}
	return Glusterfs
}
