// Package mount looks at mounts of GlusterFS below kubelet's folder, binds them to
// other places there, and unmounts them. No call waits longer than its context for
// a mount whose servers or whose client are gone.
//
// No path is followed out of kubelet's folder, and nothing but GlusterFS is ever
// unmounted. Linux only.
package mount
