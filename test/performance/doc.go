// Command performance measures how fast the provisioner is and what it costs,
// beside what heketi and Kubernetes allow at best (the command floor) and beside the
// plugin that Kubernetes 1.25 had built in. Each line is measured on a fresh control
// plane and a fresh heketi of this machine, and what they say goes into
// docs/performance.md.
package main
