// Package mend finishes expansions in heketi's database that gluster has finished already.
// It does no I/O. It reads the JSON of "heketi db export" and what gluster has on each
// storage host, and returns the JSON for "heketi db import".
//
// A heketi that was killed while it expanded a volume has the expansion as a pending
// operation. Gluster may have the new bricks by then, full of data. heketi has no call
// that finishes such an operation. It can only undo it, and destroys the bricks. So this
// package does what heketi would have done in the end (VolumeExpandOperation.Finalize in
// apps/glusterfs/operations_volume.go of heketi 10.3). All other text of the database
// stays as it is.
//
// Whatever is not understood is refused, and then nothing is mended at all.
package mend
