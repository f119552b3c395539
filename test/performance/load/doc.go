// Package load makes claims and deletes them, all at once, and notes when each
// became Bound and when each PersistentVolume was gone.
package load
