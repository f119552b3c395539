// Command kubectl-glusterfs, which runs as "kubectl glusterfs", says what claims wait for, what
// volumes there are, and whether the provisioner is installed as it should be. Only its verb rollout
// writes to the cluster.
package main

import (
	"os"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/app"
)

func main() {
	os.Exit(app.Main(os.Args, os.Stdout, os.Stderr))
}
