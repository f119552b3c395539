// Package making has one record for each volume that is being made: from before
// heketi is asked for it until a PersistentVolume mounts it, or until nothing of it is
// left. It alone changes a record's state, and there is one way for a record to end.
//
// Each record has an entry in the journal, by which the next leader takes it over. All
// records are looked at every minute, so that none depends on an event being seen.
package making
