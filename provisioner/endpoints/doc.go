// Package endpoints makes, mends and removes listings. A listing is what lists the
// storage hosts that a PersistentVolume is mounted from:
//
//   - For a glusterfs source, Endpoints and the Service of the same name, without which
//     Kubernetes would delete them. They are beside a claim and its own, or shared by
//     all volumes of a heketi cluster.
//   - For a CSI source, a ConfigMap, which the node plugin reads. There is one for each
//     heketi cluster.
//
// Store writes listings. Keeper compares those that the API server has with what heketi
// says, and has the Store write what differs.
package endpoints
