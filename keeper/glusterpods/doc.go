// Package glusterpods has GlusterFS tell, in one of its pods, how volumes and the pool are, and detaches hosts of the pool that are
// gone for good.
package glusterpods
