// Package reach connects to heketis: from a volume.Heketi, which is how a heketi is
// reached as a StorageClass or a PersistentVolume says, it makes a heketi.Client. For
// that it reads the key from the Secret or from the class. It decides which Secret's
// key may be used for which heketi.
package reach
