package volume

import (
	"strings"

	v1 "k8s.io/api/core/v1"
)

// Source is the kind of a PersistentVolume's source: what mounts the volume.
type Source string

const (
	// Glusterfs is the source of the in-tree plugin. Kubelets up to 1.25 mount it,
	// through Endpoints that list the storage hosts.
	Glusterfs Source = "glusterfs"
	// CSI is the source of a CSI driver. Kubelets of any version mount it where
	// the node plugin of Driver runs.
	CSI Source = "csi"
)

// Driver is the name of the CSI driver whose node plugin mounts the volumes of
// source CSI.
const Driver = "glusterfs.csi.gluster.org"

// The attributes of a volume of source CSI.
const (
	attributeCluster = "cluster"
	// AttributeVolume holds what gluster calls the volume.
	AttributeVolume = "volume"
	// attributeHosts holds the storage hosts as they were when the volume was
	// made, as HostsText writes them.
	attributeHosts = "servers"
)

// HostsKey is the key of a cluster's ConfigMap that holds its present storage
// hosts, as HostsText writes them.
const HostsKey = "servers"

// HostsText writes the addresses of storage hosts as the node plugin reads them.
func HostsText(addresses []string) string { return strings.Join(addresses, ",") }

// MountedFrom returns the source of a PersistentVolume: what a kubelet or the node plugin
// needs to mount a volume.
func MountedFrom(made Made) v1.PersistentVolumeSource {
	if made.Source == CSI {
		return v1.PersistentVolumeSource{CSI: &v1.CSIPersistentVolumeSource{
			Driver:       Driver,
			VolumeHandle: made.Cluster + ":" + made.ID,
			ReadOnly:     made.ReadOnly,
			VolumeAttributes: map[string]string{
				attributeCluster: made.Cluster,
				AttributeVolume:  made.Name,
				attributeHosts:   HostsText(made.Hosts),
			},
		}}
	}
	return v1.PersistentVolumeSource{Glusterfs: &v1.GlusterfsPersistentVolumeSource{
		EndpointsName:      made.EndpointsName,
		EndpointsNamespace: &made.EndpointsNamespace,
		Path:               made.Name,
		ReadOnly:           made.ReadOnly,
	}}
}

// SourceOf returns the kind of a PersistentVolume's source, whoever made it; empty
// if neither kubelet's glusterfs nor Driver mounts it.
func SourceOf(pv *v1.PersistentVolume) Source {
	switch {
	case pv.Spec.Glusterfs != nil:
		return Glusterfs
	case pv.Spec.CSI != nil && pv.Spec.CSI.Driver == Driver:
		return CSI
	}
	return ""
}

// isReadOnly says whether a PersistentVolume's source lets pods only read.
func isReadOnly(pv *v1.PersistentVolume) bool {
	switch SourceOf(pv) {
	case Glusterfs:
		return pv.Spec.Glusterfs.ReadOnly
	case CSI:
		return pv.Spec.CSI.ReadOnly
	}
	return false
}

// PathOf returns what a PersistentVolume mounts, whoever made it: the GlusterFS
// volume's name, perhaps with a folder in the volume; empty if it mounts none.
func PathOf(pv *v1.PersistentVolume) string {
	switch SourceOf(pv) {
	case Glusterfs:
		return pv.Spec.Glusterfs.Path
	case CSI:
		return pv.Spec.CSI.VolumeAttributes[AttributeVolume]
	}
	return ""
}

// handleOf returns the ids of the cluster and the volume in heketi that the source
// of a PersistentVolume names; empty if it names none.
func handleOf(pv *v1.PersistentVolume) (cluster, id string) {
	if SourceOf(pv) != CSI {
		return "", ""
	}
	cluster, id, _ = strings.Cut(pv.Spec.CSI.VolumeHandle, ":")
	return cluster, id
}
