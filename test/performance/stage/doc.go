// Package stage sets up what one line is measured on: a fresh control plane, with
// what deploy/ installs, a fresh heketi, and the provisioner, as the release is
// built and as its ServiceAccount.
package stage
