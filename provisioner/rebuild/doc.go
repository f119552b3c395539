// Package rebuild makes a lost database of heketi again, from what the storage hosts have and
// from the PersistentVolumes. It does no I/O.
//
// heketi cannot do that itself. But it has written nearly all that it knew somewhere else, too: the
// ids of devices and bricks are in the names of volume groups, of logical volumes and of bricks'
// folders; gluster has heketi's id of a volume as an option; PersistentVolumes have the id of the
// cluster. A script, which a person runs on each storage host, prints that, and this package
// makes the JSON of it that "heketi db import" reads, with the arithmetic of heketi 10.3.
//
// What contradicts is told and left out, and nothing is guessed silently.
package rebuild
