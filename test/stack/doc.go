// Package stack follows docs/install-gluster.md: from three machines with empty disks to pods that write to
// GlusterFS volumes, all of it in Kubernetes. Then it breaks things, replaces them, and takes all away again.
//
// Each machine has namespaces of its own, with kubelet, containerd and kube-proxy, an address, and
// disks that are sparse files. What stands in for LVM is the machine's, as LVM is a host's; nothing in
// the images is another one than they have elsewhere.
package stack
