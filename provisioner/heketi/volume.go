package heketi

import (
	"fmt"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
)

// Volume is a volume as heketi has it.
type Volume struct {
	ID      string
	Name    string
	Cluster string
	SizeGiB int
	GID     uint32
	// Durability is how the volume is laid out.
	Durability volume.Durability
	// Hosts are the storage addresses of all nodes of the volume's cluster, as
	// heketi's topology names them: IPs or host names.
	Hosts []string
}

// Ref returns where the volume is.
func (v *Volume) Ref() Ref { return Ref{ID: v.ID, Name: v.Name, Cluster: v.Cluster} }

// Spec is the volume that Create makes.
type Spec struct {
	// Name is unique to the claim, within letters, digits, "-" and "_".
	Name string
	// ID is the volume's id, if heketi has told it before; it saves looking the name up.
	ID string
	// LookSince is for a Create that is called again: the name may be looked up in any
	// state that heketi's database had since then. Zero stands for now. Set it if what has
	// happened since can only come from requests that may arrive even later.
	LookSince time.Time
	SizeGiB   int
	// Clusters are the clusters that may hold it, in order of preference. If there are
	// none, any that heketi has may. Those that had no room within the last minute are
	// tried last.
	Clusters []string
	// HeketiClusters are clusters, in use or not, by which the right heketi is recognized.
	// If there are none, any heketi is right.
	HeketiClusters []string
	GID            uint32
	Durability     volume.Durability
	// Options are gluster volume options, each "key value".
	Options []string
	// SnapshotFactor is how much larger than the volume its bricks' thin pools
	// are, 1 to 100.
	SnapshotFactor float32
}

// request is the spec in heketi's words, for one cluster. The cluster is never left to
// heketi's choice, because a name is unique only within a cluster.
func (s Spec) request(cluster string) *api.VolumeCreateRequest {
	request := &api.VolumeCreateRequest{
		Size:                 s.SizeGiB,
		Name:                 s.Name,
		Clusters:             []string{cluster},
		Gid:                  int64(s.GID),
		GlusterVolumeOptions: s.Options,
	}
	request.Durability.Type = api.DurabilityType(s.Durability.Kind)
	request.Durability.Replicate.Replica = s.Durability.Replicas
	request.Durability.Disperse.Data = s.Durability.Data
	request.Durability.Disperse.Redundancy = s.Durability.Redundancy
	// As the in-tree plugin does, so that a class means the same here.
	request.Snapshot.Enable = true
	request.Snapshot.Factor = s.SnapshotFactor
	return request
}

// misfit says why a volume that has the spec's name is not what the spec asks
// for; it is empty when the volume fits. A larger volume fits.
func (s Spec) misfit(v *Volume) string {
	switch {
	case v.SizeGiB < s.SizeGiB:
		return fmt.Sprintf("it has %d GiB, wanted are %d", v.SizeGiB, s.SizeGiB)
	case v.Durability != s.Durability:
		return fmt.Sprintf("it is %s, wanted is %s", v.Durability, s.Durability)
	case v.GID == 0:
		return "it has no GID"
	}
	return ""
}

func volumeFrom(info *api.VolumeInfo) *Volume {
	v := &Volume{
		ID:         info.Id,
		Name:       info.Name,
		Cluster:    info.Cluster,
		SizeGiB:    info.Size,
		GID:        uint32(info.Gid), // heketi keeps it below 2^31-1
		Durability: volume.Durability{Kind: volume.Kind(info.Durability.Type)},
		Hosts:      info.Mount.GlusterFS.Hosts,
	}
	switch v.Durability.Kind {
	case volume.Replicate:
		v.Durability.Replicas = info.Durability.Replicate.Replica
	case volume.Disperse:
		v.Durability.Data = info.Durability.Disperse.Data
		v.Durability.Redundancy = info.Durability.Disperse.Redundancy
	}
	return v
}
