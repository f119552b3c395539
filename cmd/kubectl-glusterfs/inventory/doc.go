// Package inventory lists the volumes, the classes and the heketis that a provisioner has, from
// the PersistentVolumes and StorageClasses of a cluster. It does no I/O.
package inventory
