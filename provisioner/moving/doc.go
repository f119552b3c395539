// Package moving has what Kubernetes records of volumes follow their heketi, when that gets
// another address, another user or another Secret: the annotations of the PersistentVolumes
// and the journal.
package moving
