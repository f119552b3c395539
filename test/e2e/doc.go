// Package e2e tests the provisioner on the real parts: GlusterFS hosts, heketi
// that manages them over ssh, a Kubernetes with a node, and pods that mount the
// volumes and write, with the node plugin where kubelet does not mount them itself.
// "make e2e" runs it, as root; without it, all tests here are left out.
package e2e
