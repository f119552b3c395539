// Package node makes the machine, or rather the sandbox that it is called in, a
// node of a cluster: containerd, kubelet and the network of the pods, and the
// scheduler that chooses the node. Images are made on the spot, since none can be
// pulled (BuildImages).
package node
