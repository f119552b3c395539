// Package fstab reads the list of mounts that heketi keeps on a host, in the form of fstab(5).
package fstab
