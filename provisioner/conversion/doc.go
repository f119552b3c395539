// Package conversion replaces PersistentVolumes by others of the same name that mount the
// same volumes in another way, while their claims stay bound. A source cannot be changed, so
// the PersistentVolume is deleted and made again.
//
// Before it is deleted, its reclaim policy is Retain, and a ConfigMap, the record, has its
// text and that of the one to come. So whoever leads next goes on where the last one was:
// all that has to be known is in the record and in what the API server has.
package conversion
