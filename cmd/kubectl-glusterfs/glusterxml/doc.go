// Package glusterxml reads what the command gluster prints, as GlusterFS 10 and 11 print it: with --xml, save for clients, of which it
// prints all only without. It has no I/O.
package glusterxml
