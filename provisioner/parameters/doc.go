// Package parameters reads the parameters of a StorageClass: what they mean,
// what they default to, and everything that is wrong with them. It does no I/O.
package parameters
