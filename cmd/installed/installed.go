package installed

import "strings"

// What deploy/ installs.
const (
	// Provisioner is the name by which classes ask for the provisioner.
	Provisioner = "gluster.org/glusterfs"
	// Namespace has the provisioner.
	Namespace = "glusterfs-provisioner"
	// Deployment is what the provisioner is called there, also on its pods' label
	// app.kubernetes.io/name.
	Deployment = "glusterfs-provisioner"
	// ServiceAccount is the one that the provisioner runs as.
	ServiceAccount = "glusterfs-provisioner"
)

// What deploy/csi/ installs.
const (
	// NodeNamespace has the node plugin.
	NodeNamespace = "glusterfs-csi"
	// DaemonSet is what the node plugin is called there, also on that label of its pods.
	DaemonSet = "glusterfs-csi-node"
)

// What deploy/glusterfs/ and deploy/heketi/ install, which are in one namespace.
const (
	// GlusterNamespace has the GlusterFS pods and the keeper.
	GlusterNamespace = "glusterfs"
	// HostDaemonSet is what makes them.
	HostDaemonSet = "glusterfs"
	// KeeperDeployment is the keeper of heketi, of deploy/heketi/.
	KeeperDeployment = "heketi"
	// KeeperService is by what classes reach heketi there.
	KeeperService = "heketi"
)

// HTTPPort is the name of the port on which all these pods serve metrics and health checks.
const HTTPPort = "http"

// LeaseOf returns the name of the Lease by which one of a provisioner's replicas leads, in the
// provisioner's namespace: one for each provisioner's name.
func LeaseOf(provisioner string) string {
	return strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(provisioner))
}
