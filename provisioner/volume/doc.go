// Package volume says what a volume of this provisioner looks like in
// Kubernetes: how it is named, which annotations its PersistentVolume carries,
// and how a PersistentVolume is built and read back. It does no I/O, and every
// other package of the provisioner may use it.
package volume
