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

// What deploy/glusterfs/ installs.
const (
	// HostNamespace has the GlusterFS pods.
	HostNamespace = "glusterfs"
	// HostDaemonSet is what makes them.
	HostDaemonSet = "glusterfs"
)

// HTTPPort is where the pods of both serve metrics and health checks.
const HTTPPort = 8080

// LeaseOf returns the name of the Lease by which one of a provisioner's replicas leads, in the
// provisioner's namespace: one for each provisioner's name.
func LeaseOf(provisioner string) string {
	return strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(provisioner))
}
