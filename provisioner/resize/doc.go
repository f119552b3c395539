// Package resize lets claims grow: it has volumes expanded until they are as large
// as their claims request, and records the size in PersistentVolume and claim.
// Kubernetes leaves that to whoever provisions such volumes.
//
// It knows nothing of what serves a volume; it is given a function that grows one.
// The order of its steps is what makes them safe to repeat: the claim's status says
// that it grows, the volume grows, the PersistentVolume says so, the claim says so.
// Each step begins with what the one before has left, even if another process did that.
// What is missing is never computed from the claim's status.
package resize
