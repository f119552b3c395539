// Package glustercluster is the object GlusterCluster, whose schema is
// deploy/glusterfs/10-glusterclusters.yaml, as Go has it.
package glustercluster
