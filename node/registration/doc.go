// Package registration makes a CSI driver known to kubelet, by kubelet's API for
// plugins: kubelet looks for sockets in a folder, asks each which plugin it is of, and
// tells what came of it. When kubelet restarts, it does so again.
package registration
