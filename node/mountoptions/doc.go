// Package mountoptions knows the mount options of GlusterFS volumes: which there are, what
// each may say, and why some are refused. The provisioner asks it before a volume is made,
// and the node plugin before it is mounted. It does no I/O.
//
// Options end up in the command line of mount.glusterfs, a shell script that runs as root on
// a node. Whoever may write a StorageClass or a PersistentVolume must not reach files of the
// node by them, nor files of a server outside of the volume.
package mountoptions
