// Package namespace runs functions in Linux namespaces of another process, such as
// the host's when this process is in a container. Each runs on a thread of its own,
// which ends with it, so that one that hangs in the kernel holds up nobody else.
// Linux only, as root.
package namespace
