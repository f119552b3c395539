// Package preflight tells whether a node can be a host of GlusterFS. Facts are gathered first, which writes nothing, and
// then judged without I/O.
package preflight
