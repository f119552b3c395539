// Package app is the command glusterfs-csi-node: its flags, how its parts are put
// together, its sockets and HTTP endpoints, and how it ends.
package app
