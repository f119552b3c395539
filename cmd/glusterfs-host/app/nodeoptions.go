package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"glusterfs-provisioner/host/preflight"
)

// NodeOptions are what is told of the node, for all verbs.
type NodeOptions struct {
	Name      string
	LVM       string
	ClusterCA string
	Skip      []string
}

// defaultAddress is beside the node plugin's, since both may be on the network of a node.
const defaultAddress = ":29608"

func newNodeOptions() NodeOptions {
	return NodeOptions{
		Name: os.Getenv("NODE_NAME"),
		// What heketi's lvm_wrapper is in the image.
		LVM:       "/usr/local/bin/lvm-wrapper",
		ClusterCA: "/etc/glusterfs-host/cluster/ca.crt",
	}
}

func (o *NodeOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.Name, "node-name", o.Name, "Name of the node in Kubernetes. The default is the environment variable NODE_NAME.")
	fs.StringVar(&o.LVM, "lvm-wrapper", o.LVM, "Path of a program that runs its arguments where LVM is; heketi's setting lvm_wrapper names it, too.")
	fs.StringVar(&o.ClusterCA, "cluster-ca", o.ClusterCA, "Path of a file with the certificates of the cluster's authorities, by which GlusterFS of another cluster is told. If there is none, only the node's name is compared.")
	fs.StringSliceVar(&o.Skip, "skip", nil, "Checks that are passed over: "+strings.Join(preflight.Names(), ", ")+".")
}

func (o *NodeOptions) validate() error {
	var problems []error
	if o.LVM == "" {
		problems = append(problems, errors.New("--lvm-wrapper is missing"))
	}
	for _, name := range o.Skip {
		if !slices.Contains(preflight.Names(), name) {
			problems = append(problems, fmt.Errorf("--skip=%s: there is no such check; there are %s", name, strings.Join(preflight.Names(), ", ")))
		}
	}
	return errors.Join(problems...)
}

// asked returns those of the checks that are not to be passed over.
func (o *NodeOptions) asked(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(o.Skip, name) })
}

func (o *NodeOptions) gatherer() preflight.Gatherer {
	return preflight.Gatherer{
		LVM: o.LVM, Glusterd: glusterdFolder, Fstab: filepath.Join(heketiFolder, "fstab"), ClusterCA: o.ClusterCA, Node: o.Name,
		Ports: []int{preflight.GlusterdPort},
	}
}
