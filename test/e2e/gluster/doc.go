// Package gluster runs GlusterFS hosts, each in namespaces of its own within a
// sandbox: an address on a bridge, disks that are sparse files, sshd and glusterd.
// They are what heketi's ssh executor expects of a machine, and can be switched
// off and on. A test can hold a command that heketi runs on one of them, before or
// after it runs, to break something just then; see Hold.
package gluster
