package volume

// The annotations of a PersistentVolume that the in-tree plugin wrote, with the
// same meaning here.
const (
	// AnnotationGID holds the volume's GID; kubelet adds it to the pod's
	// supplemental groups.
	AnnotationGID = "pv.beta.kubernetes.io/gid"
	// AnnotationInTreeVolumeID holds the volume's id in heketi, for the in-tree
	// plugin and for other tools that were made for its volumes; see ShowToInTree.
	AnnotationInTreeVolumeID = "gluster.kubernetes.io/heketi-volume-id"

	annotationType        = "gluster.org/type"
	annotationCreatedBy   = "kubernetes.io/createdby"
	annotationDescription = "Description"
)

// The annotations that hold all that a deletion of the volume needs, so that its
// StorageClass may change or go. They never hold a key.
const (
	// AnnotationVolumeID holds the volume's id in heketi.
	AnnotationVolumeID = "gluster.org/heketi-volume-id"
	// AnnotationURL holds the base URL of the volume's heketi.
	AnnotationURL = "gluster.org/heketi-url"
	// AnnotationUser holds the user that signs requests to it.
	AnnotationUser = "gluster.org/heketi-user"
	// AnnotationSecret holds "namespace/name" of the Secret with the user's key.
	AnnotationSecret = "gluster.org/heketi-secret"
	// AnnotationKeyInClass is "true" if the key stands in the StorageClass.
	AnnotationKeyInClass = "gluster.org/heketi-key-in-class"
	// AnnotationClusterID holds the id of the heketi cluster with the volume.
	AnnotationClusterID = "gluster.org/heketi-cluster-id"
)

// AnnotationKubernetes holds the UID of the Kubernetes cluster that made the PersistentVolume,
// which is that of its namespace kube-system. Another cluster has a copy of it, and does not
// delete its volume.
const AnnotationKubernetes = "gluster.org/kubernetes"

// ProvisionedBy is the annotation with the name of the provisioner that made a
// PersistentVolume. The library writes it (annDynamicallyProvisioned in Kubernetes'
// PersistentVolume controller).
const ProvisionedBy = "pv.kubernetes.io/provisioned-by"

// The annotations by which a PersistentVolume is converted.
const (
	// AnnotationConvertTo holds the kind of source that a person wants a PersistentVolume
	// to have.
	AnnotationConvertTo = "gluster.org/convert-to"
	// AnnotationPolicy holds the reclaim policy that a PersistentVolume has again after its
	// conversion, during which it is Retain.
	AnnotationPolicy = "gluster.org/reclaim-policy-to-restore"
)
