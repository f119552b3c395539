package endpoints

import (
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/volume"
)

// kind is the kind of object that lists the storage hosts.
type kind uint8

const (
	// inEndpoints is a Service and Endpoints of one name.
	inEndpoints kind = iota
	// inConfigMap is a ConfigMap in the provisioner's own namespace.
	inConfigMap
)

// String begins the reasons of events.
func (k kind) String() string {
	if k == inConfigMap {
		return "ConfigMap"
	}
	return "Endpoints"
}

// listing names a listing. That of Endpoints is the name of their Service, too.
type listing struct {
	kind kind
	types.NamespacedName
}

// index is the listing's key in an index, and what the log calls it.
func (l listing) index() string { return l.kind.String() + " " + l.String() }

// listingOf returns the listing of a PersistentVolume, whoever made it; false if it has
// none.
func (k *Keeper) listingOf(pv *v1.PersistentVolume) (listing, bool) {
	switch volume.SourceOf(pv) {
	case volume.Glusterfs:
		of, ok := volume.EndpointsOf(pv)
		return listing{inEndpoints, of}, ok
	case volume.CSI:
		cluster := volume.ClusterOf(pv)
		return k.configMapOf(cluster), cluster != ""
	}
	return listing{}, false
}

// configMapOf returns the listing of a cluster's volumes with a CSI source.
func (k *Keeper) configMapOf(cluster string) listing {
	return listing{inConfigMap, types.NamespacedName{Namespace: k.Namespace, Name: volume.HostsName(cluster)}}
}
