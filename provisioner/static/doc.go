// Package static makes static volumes: the PersistentVolume of a volume that heketi has and
// Kubernetes has not, and what lists its storage hosts. It writes nothing. A person applies
// what it returns.
package static
