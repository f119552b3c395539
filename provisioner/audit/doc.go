// Package audit compares what heketis have with what Kubernetes knows of, and
// reports where the two disagree. It changes nothing and does no I/O; the caller
// reads both sides.
//
// They cannot be read at the same moment, so the order counts: first the
// versions of the PersistentVolumes (see Versions), then heketi, then the
// journal, then the claims and the PersistentVolumes. A volume that is being
// made has a journal entry before heketi has it, and a PersistentVolume before
// the entry is closed, so it is never taken for an orphan. What is deleted in
// between may be, so look again before you act on one.
//
// An orphan is one as far as this Kubernetes cluster knows. A heketi that serves
// several clusters has volumes with claims' names that belong to the others.
package audit
