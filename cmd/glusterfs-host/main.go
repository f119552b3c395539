// Command glusterfs-host is the first process of a GlusterFS pod, and checks before whether the node can be one.
package main

import (
	"os"

	"glusterfs-provisioner/cmd/glusterfs-host/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], os.Stdout, os.Stderr))
}
