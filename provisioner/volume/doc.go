// Package volume says what a volume of this provisioner looks like in
// Kubernetes: how it is named, which annotations its PersistentVolume carries,
// how a PersistentVolume is built and read back, and by which keys the log tells of
// it. It does no I/O, and every
// other package of the provisioner may use it.
package volume
