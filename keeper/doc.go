// Package keeper keeps heketi: it is heketi's parent and the only way to its API, and has heketi's
// database in Kubernetes. So heketi may be replaced, on any node.
//
// A keeper starts from what is saved. It refuses to start empty while PersistentVolumes tell that
// there is something which an empty heketi would not know. It lets no change be answered that is not
// saved. It ends when heketi has finished its operations.
package keeper
