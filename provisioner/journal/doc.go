// Package journal remembers which volumes are being made, with which GID and in
// which heketi, outside of the process: one ConfigMap in the provisioner's own
// namespace, with an entry for each claim, from before heketi is asked until the
// PersistentVolume is saved, which then carries all of that itself. At rest there is
// no ConfigMap.
//
// It outlives the process and the claim, so that nothing which was begun is
// forgotten. It is not kept on the claim, because whoever may edit a claim could
// then name any heketi volume for deletion, and because a claim should not be
// held back by a heketi that is away.
//
// What is to be written while a write is under way goes with the next one, so that
// many claims at once cost few writes.
package journal
