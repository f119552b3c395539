// Package deploy has what is installed into a cluster, for programs that compare a cluster with
// it. kubectl apply -f reads the same files.
package deploy

import "embed"

// Manifests are the files of this folder, of csi/ and of secrets-in-namespaces/.
//
//go:embed *.yaml csi/*.yaml secrets-in-namespaces/*.yaml
var Manifests embed.FS
