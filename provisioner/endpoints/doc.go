// Package endpoints makes, keeps right and removes what lists the storage hosts that
// a PersistentVolume is mounted from.
//
// That is, for a glusterfs source, the Endpoints that it names, and the Service that
// keeps them: Kubernetes deletes Endpoints that have no Service of the same name.
// They are a claim's own, beside it, or one for all volumes of a heketi cluster. For
// a CSI source, it is one ConfigMap for each cluster, which the node plugin reads.
//
// Store writes them. Keeper compares what the API server has with what heketi says,
// and has the Store write what differs.
package endpoints
