// Package sandbox runs a program, and all that it starts, in Linux namespaces of
// its own: processes, mounts, network, host name. The program can read the
// machine's files and not change them; what it writes to /etc, /tmp, /var/lib,
// /var/log, /run and /dev goes to a folder of the sandbox.
//
// So nothing on the machine is touched, and the kernel itself clears away the
// processes, mounts, loop devices and network interfaces, however the program
// ends. What the kernel leaves, a folder below /var/tmp and cgroups of the same
// name, is removed by whoever launched the sandbox or, if that was killed, by a
// process that waits for this outside, and if the machine was switched off, by the
// next launch. Linux only, as root.
package sandbox
