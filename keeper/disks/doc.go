// Package disks says what is to be done next so that heketi has the nodes and disks that a
// GlusterCluster lists, and how it is by now. It does nothing itself, and knows only what it is told.
//
// There is one step at a time, since each changes what is to be done then. A step whose end nobody has
// seen is found by what heketi has, so that it makes no difference where the keeper was killed.
package disks
