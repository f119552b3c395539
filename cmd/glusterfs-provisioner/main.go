// Command glusterfs-provisioner makes GlusterFS volumes, through heketi, for the
// claims of a Kubernetes cluster.
package main

import (
	"os"

	"glusterfs-provisioner/cmd/glusterfs-provisioner/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], os.Stdout, os.Stderr))
}
