// Package limit asks heketi for volumes with heketi's own Go client and without
// Kubernetes: as fast as heketi allows, which is what a provisioner can at most
// reach, or so persistently that nobody else gets a turn.
package limit
