// Package integration tests the provisioner's binary on a real control plane and
// a real heketi. It runs with the rights of the ServiceAccount that deploy/
// ships, so that a missing permission fails a test.
//
// The environment variable KUBERNETES chooses the version of the control plane,
// one of bench.Versions. All tests pass on each.
package integration
