// Package library has all that works around sig-storage-lib-external-provisioner v9,
// which runs the queues of claims and PersistentVolumes and is called "the library"
// here. It wraps what the library gets: its client and its informers. When the library
// is replaced, this package goes.
//
// What is said here of the library is what controller/controller.go and
// controller/volume_store.go of its version 9.0.3 do.
package library
