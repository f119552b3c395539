// Package app is the command glusterfs-provisioner: its flags, how its parts are
// put together, leader election, its HTTP endpoints, and how it ends.
package app
