// Package leftovers looks after GlusterFS clients that serve no mount of the node any more
// and go on nevertheless: somebody still uses what was mounted, has a copy of the mount, or
// waits for a client that hangs. Linux only.
package leftovers
