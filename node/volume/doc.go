// Package volume reads what a PersistentVolume of the driver says, as kubelet
// passes it on: the volume's handle and its attributes. Package mountoptions reads
// its mount options. All of it ends up in the command line of a program that runs
// as root on the node, so nothing is let through that could be more than it should
// be. It does no I/O.
package volume
