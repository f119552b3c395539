// Package connections looks after what the kernel has for each FUSE file system: its
// connection to the process that serves it, which is there for as long as the file system
// is, mounted or not. See Documentation/filesystems/fuse/fuse.rst in the kernel's sources.
// Nothing here waits for that process. Linux only, as root.
package connections
