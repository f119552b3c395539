// Command heketi-keeper runs heketi and keeps its database in Kubernetes.
package main

import (
	"os"

	"glusterfs-provisioner/cmd/heketi-keeper/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], os.Stdout, os.Stderr))
}
