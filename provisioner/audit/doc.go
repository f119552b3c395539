// Package audit compares what heketis have with what Kubernetes knows of, and reports
// where the two disagree. It changes nothing and does no I/O. The caller reads both sides.
//
// They cannot be read at the same moment, so the order counts: first the versions of the
// PersistentVolumes (see Versions), then heketi, then the journal, then the claims and the
// PersistentVolumes. A volume in the making has a journal entry before heketi has it. It
// has a PersistentVolume before the entry is closed. So it is never taken for an orphan.
// What is deleted in between may be, so look again before you delete an orphan.
//
// An orphan is one as far as this Kubernetes cluster knows. A heketi that serves several
// clusters has volumes with claims' names that belong to the others.
package audit
