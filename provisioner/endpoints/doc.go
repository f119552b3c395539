// Package endpoints makes and removes the Endpoints that a glusterfs
// PersistentVolume names, and the Service that keeps them: Kubernetes deletes
// Endpoints that have no Service of the same name.
package endpoints
