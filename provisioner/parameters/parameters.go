package parameters

import (
	"fmt"

	"glusterfs-provisioner/provisioner/volume"
)

// Parameters is what a StorageClass asks for. Parse makes one.
type Parameters struct {
	// Heketi is the heketi to ask.
	Heketi volume.Heketi
	// UserKey is the key to sign requests with when it stands in the class;
	// empty when it comes from Heketi.Secret, or when there is none.
	UserKey string `json:"-"`
	// Clusters are the ids of the heketi clusters to choose from; any when empty.
	Clusters []string
	// GIDMin and GIDMax bound the GIDs to choose from, both included. They lie
	// from 2000, the least that Kubernetes' in-tree plugin allowed, to
	// volume.HighestGID.
	GIDMin, GIDMax uint32
	// Durability is one of the layouts that heketi 10.3 makes.
	Durability volume.Durability
	// VolumeOptions are Gluster's options, each "key value" and safe to hand to
	// a shell. What makes volumes grow without hiding files is among them.
	VolumeOptions []string
	// VolumeNamePrefix begins the Gluster volume's name; empty for none. It has
	// at most 40 letters, digits and dashes.
	VolumeNamePrefix string
	// SnapshotFactor is how much room heketi sets aside, as a multiple of the
	// volume's size: from 1 to 100, the bounds of heketi 10.3.
	SnapshotFactor float32
	// EndpointsNamePrefix begins the name of the Endpoints and the Service. It
	// has at most 26 characters, so that a dash and a UID fit behind it.
	EndpointsNamePrefix string
	// SharesEndpoints says that all volumes of a heketi cluster are mounted
	// through one Service and Endpoints in the provisioner's own namespace,
	// instead of through a Service and Endpoints beside each claim.
	SharesEndpoints bool
	// Source is the kind of source that PersistentVolumes get; empty for the one that
	// the cluster can mount.
	Source volume.Source
	// Warnings says what was accepted but should be changed. Each is a sentence
	// for an event.
	Warnings []string
}

// Format prints the parameters as package fmt prints any struct, but with
// UserKey hidden. A String method would not be enough: fmt does not call it for
// verbs such as %#v and %d.
func (p Parameters) Format(state fmt.State, verb rune) {
	type plain Parameters
	if p.UserKey != "" {
		p.UserKey = "(hidden)"
	}
	fmt.Fprintf(state, fmt.FormatString(state, verb), plain(p))
}
