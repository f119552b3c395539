// Package deploy has what is installed into a cluster, for programs that compare a cluster with
// it. kubectl apply -f reads the same files.
package deploy

import "embed"

// Manifests are the files of this folder and of csi/.
//
//go:embed *.yaml csi/*.yaml
var Manifests embed.FS

// Options are what can be applied beside it.
//
//go:embed glusterfs/*.yaml heketi/*.yaml network-policy/*.yaml network-policy/heketi/*.yaml secrets-in-namespaces/*.yaml
var Options embed.FS
