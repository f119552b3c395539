// Package bricks says which bricks a host has, and whether they are mounted and run. What gluster has
// decides; heketi's list of mounts gives options, and what heketi is in the middle of making.
package bricks
