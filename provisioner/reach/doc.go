// Package reach connects to heketis. A StorageClass or a PersistentVolume says how its
// heketi is reached (volume.Heketi). Package reach reads the key from the Secret or from
// the class, and makes a heketi.Client of both. It decides which Secret's key may be used
// for which heketi.
package reach
