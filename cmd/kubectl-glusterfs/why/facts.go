package why

import (
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/types"
	utilversion "k8s.io/apimachinery/pkg/util/version"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/provisioner/journal"
)

// Facts is what was read of a claim. It has no key of a heketi.
type Facts struct {
	// Name is the claim that was asked about.
	Name types.NamespacedName
	// Installed says which provisioner is meant.
	Installed cluster.Installed
	// Now is when it was read.
	Now time.Time

	Claim asked.Thing[*v1.PersistentVolumeClaim]
	// Events are those of claims of that name, and VolumeEvents those of PersistentVolumes of
	// Volume's name.
	Events, VolumeEvents asked.Thing[[]v1.Event]
	// Classes are all StorageClasses.
	Classes asked.Thing[[]*storagev1.StorageClass]
	// Key is the Secret that the class names.
	Key asked.Thing[cluster.Key]
	// Leader is the Lease by which one of the provisioner's replicas leads.
	Leader asked.Thing[cluster.Leader]
	// Entry is the journal's entry of a volume that is being made for the claim.
	Entry asked.Thing[journal.Entry]
	// Conversion is the record by which the claim's PersistentVolume is being replaced.
	Conversion asked.Thing[struct{}]
	// Volume is the PersistentVolume that the claim names. If it names none, or does not exist,
	// it is one that names the claim.
	Volume asked.Thing[*v1.PersistentVolume]
	// Driver is the CSIDriver of the node plugin.
	Driver asked.Thing[*storagev1.CSIDriver]
	// Kubernetes is the API server's version.
	Kubernetes asked.Thing[*utilversion.Version]
	// Pods are those of the claim's namespace.
	Pods asked.Thing[[]v1.Pod]
}
