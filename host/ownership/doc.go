// Package ownership tells whose the GlusterFS is that is found on a node. It notes beside glusterd's store for which
// node of which cluster it was made, and by which version, since a store says nothing of that itself.
package ownership
