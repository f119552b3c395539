// Package manifests reads the StorageClasses, Secrets and claims of a file, as kubectl would
// apply it, with the line where each begins.
package manifests
