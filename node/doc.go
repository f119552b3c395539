// Package node is the node's half of a CSI driver for GlusterFS volumes: the services
// Identity and Node of the Container Storage Interface, which kubelet calls.
//
// A volume is staged once on a node, which starts a GlusterFS client, and published
// to each pod, which binds what is staged to the pod's folder. What is mounted is read
// from the kernel, so there is no state to lose. Every call may be repeated, and none
// waits for ever for servers that are gone.
package node
