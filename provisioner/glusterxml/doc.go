// Package glusterxml reads what the command gluster prints with --xml, as GlusterFS 10 and 11 print it. It has no I/O.
package glusterxml
