// Command floor is a provisioner that makes no volumes: it answers each claim at
// once with a PersistentVolume of nothing. What claims take with it is what
// Kubernetes itself takes, with the library that our provisioner is made with.
//
// It has all flags of our provisioner, and heeds those that set how it works with
// Kubernetes. There is no heketi, no journal and no finalizer, since these are what
// our provisioner adds.
package main
