// Package integration tests the provisioner's binary on a real control plane and
// a real heketi. It runs with the rights of the ServiceAccount that deploy/
// ships, so that a missing permission fails a test.
//
// The environment variable KUBERNETES chooses the version of the control plane,
// one of bench.Versions. All tests pass on each.
//
// A test may run beside others (t.Parallel), save one that
//   - changes what the whole cluster sees, such as the CSIDriver, the API server, all
//     PersistentVolumes or what deploy/ installs,
//   - counts all requests or measures, or
//   - looks at what volumes share in the provisioner's namespace. All processes here are in
//     one namespace, which docs/performance.md advises against: one of another name may
//     remove what is shared before it sees the first volume, and its owner makes it again.
package integration
