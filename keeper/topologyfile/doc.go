// Package topologyfile turns the topology files of heketi-cli and gk-deploy into GlusterClusters.
package topologyfile
