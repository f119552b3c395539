// Package population fills a cluster with PersistentVolumes and claims that the
// provisioner seems to have made, without making them: they are copies of a pair
// that it did make, written straight into etcd. It also gives a heketi the volumes
// of such PersistentVolumes, in the way of "heketi db import".
package population
