// Package endpoints makes, keeps right and removes the Endpoints that a glusterfs
// PersistentVolume names, and the Service that keeps them: Kubernetes deletes
// Endpoints that have no Service of the same name. They are a claim's own, beside
// it, or one for all volumes of a heketi cluster.
//
// Store writes them. Keeper compares what the API server has with what heketi says,
// and has the Store write what differs.
package endpoints
