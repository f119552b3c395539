// Package servers finds the servers that a volume can be mounted from: those that
// its cluster has at present, as the provisioner keeps them in a ConfigMap, or, if that
// cannot be read, those that it had when the volume was made. Those that answer come first.
package servers
