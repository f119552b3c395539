// Package journal remembers which volumes are being made, with which GID and in
// which heketi, outside of the process: one ConfigMap per claim, in the
// provisioner's own namespace, from before heketi is asked until the
// PersistentVolume is saved, which then carries all of that itself.
//
// It outlives the process and the claim, so that nothing which was begun is
// forgotten. It is not kept on the claim, because whoever may edit a claim could
// then name any heketi volume for deletion, and because a claim should not be
// held back by a heketi that is away.
package journal
