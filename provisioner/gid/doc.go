// Package gid keeps account of who holds which GID, so that no two live volumes
// share one. It does no I/O: its callers tell it what PersistentVolumes and
// unfinished claims hold, and ask it for the next free one.
//
// A GID is held in one of two ways. A reservation belongs to a claim whose
// volume is being made, and is known by the claim's UID. A hold belongs to a
// PersistentVolume; the volume's own annotation remembers it, so that nothing
// but a bit is kept here. A reservation becomes a hold when the claim's
// PersistentVolume is seen.
package gid
