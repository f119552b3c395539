// Command glusterfs-csi-node mounts GlusterFS volumes on a node of a Kubernetes
// cluster, for its kubelet.
package main

import (
	"os"

	"glusterfs-provisioner/cmd/glusterfs-csi-node/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], os.Stdout, os.Stderr))
}
