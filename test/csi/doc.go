// Package csi tests the node plugin on real GlusterFS hosts: csi-sanity, and what
// breaks. The tests call the plugin as kubelet does. It runs in namespaces and a cgroup
// of its own, as in a container, beside the node's. "make csi" runs them, as root;
// without it, all tests here are left out.
package csi
