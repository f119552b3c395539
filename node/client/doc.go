// Package client mounts GlusterFS volumes with the program mount.glusterfs of a
// node or of this process' image. The process that serves a mount outlives this one
// if it was started among the host's: it is not in this process' cgroup. Linux only,
// as root.
package client
