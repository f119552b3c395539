// Package gluster reads the answer of heketi that has its database beside what gluster has
// on each storage host. It says what the two disagree on. It does no I/O.
//
// heketi believes its database alone. It undoes what it was interrupted in without asking
// gluster, and takes the bricks of a running volume away with it. So gluster is asked
// first, and this package says what its answer allows.
package gluster
