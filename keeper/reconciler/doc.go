// Package reconciler has heketi have the nodes and disks that GlusterClusters list: it reads what
// there is, asks package disks for the next step, writes the status and does the step, again and
// again. It keeps nothing but which steps heketi has refused.
package reconciler
