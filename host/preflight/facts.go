package preflight

import "glusterfs-provisioner/host/ownership"

// Facts are what was found on a node.
type Facts struct {
	// Kernel is the release that runs, such as 6.1.0-18-amd64, and XFSProgs the version of mkfs.xfs, such as 6.1.0; empty
	// if it cannot be told.
	Kernel, XFSProgs string
	// Modules are those of the kernel that are needed, with why each cannot be used; nil if it can.
	Modules map[string]error
	// LVM, ThinTools and Client are why these are not on the node; nil if they are.
	LVM, ThinTools, Client error
	// Servers are processes of GlusterFS that run on the node.
	Servers []Process
	// Listeners are who listens on the ports that are needed.
	Listeners []Listener
	// Node is the node's name, and Cluster the keys of the cluster's authorities.
	Node    string
	Cluster []string
	Found   ownership.Found
	Devices []Device
}

// Process is a process.
type Process struct {
	PID  int
	Name string
}

// Listener is who listens on a port. It has no process if that cannot be told.
type Listener struct {
	Port int
	Process
}

// Device is a device that heketi is to get.
type Device struct {
	Path string
	// Err is why it cannot be looked at.
	Err error
	// Signatures are those of what is on it, such as gpt, ext4 or LVM2_member, and Holders what the kernel has made of it.
	Signatures, Holders []string
	// Group is LVM's volume group on it.
	Group string
}
