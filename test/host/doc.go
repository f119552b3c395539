// Package host has the tests of glusterfs-host: it runs GlusterFS on hosts with disks, whose volumes a real heketi makes, and
// breaks things there. It needs root and Debian 12, see make host.
package host
