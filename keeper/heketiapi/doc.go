// Package heketiapi asks heketi for clusters, nodes and devices on behalf of the keeper, through
// its gateway.
package heketiapi
