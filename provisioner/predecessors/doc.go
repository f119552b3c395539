// Package predecessors reads PersistentVolumes that kubernetes.io/glusterfs and
// gluster.org/glusterfile made, as the provisioner's own that they may become.
package predecessors
