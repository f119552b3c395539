package preflight

import (
	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	utilversion "k8s.io/apimachinery/pkg/util/version"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/keeper/glustercluster"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

// Facts is what was read of a cluster.
type Facts struct {
	Installed cluster.Installed
	// Kubernetes is the API server's version.
	Kubernetes asked.Thing[*utilversion.Version]
	// Own are the rights of who types, and Account those of the provisioner.
	Own, Account asked.Thing[cluster.Rights]
	Deployment   asked.Thing[*appsv1.Deployment]
	Leader       asked.Thing[cluster.Leader]
	Driver       asked.Thing[*storagev1.CSIDriver]
	// DaemonSet is the node plugin's, and Pods are its pods.
	DaemonSet asked.Thing[*appsv1.DaemonSet]
	Pods      asked.Thing[[]v1.Pod]
	// Nodes are what nodes' kubelets have registered.
	Nodes asked.Thing[[]storagev1.CSINode]
	// Present is whether the node plugin may read the servers in the provisioner's namespace.
	Present asked.Thing[cluster.Rights]
	// Volumes are all PersistentVolumes. Classes are the provisioner's. Keys has the Secrets that
	// both name, and Readable whether the provisioner may read these.
	Volumes  asked.Thing[[]*v1.PersistentVolume]
	Classes  asked.Thing[[]*storagev1.StorageClass]
	Keys     map[volume.SecretRef]asked.Thing[cluster.Key]
	Readable map[volume.SecretRef]asked.Thing[cluster.Rights]
	// Entries are the volumes that are in the making.
	Entries asked.Thing[[]journal.Entry]
	// Hosts are the GlusterFS pods' DaemonSet in Kubernetes, HostPods these, Keeper is what runs heketi there, Service is
	// by what it is reached, and Disks are what they are to have.
	Hosts    asked.Thing[*appsv1.DaemonSet]
	HostPods asked.Thing[[]v1.Pod]
	Keeper   asked.Thing[*appsv1.Deployment]
	Service  asked.Thing[*v1.Service]
	Disks    asked.Thing[[]*glustercluster.Object]
	// Elsewhere is what there is of the provisioner in other namespaces.
	Elsewhere asked.Thing[cluster.Elsewhere]
}
