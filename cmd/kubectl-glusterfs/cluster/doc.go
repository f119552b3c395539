// Package cluster asks an API server, with the rights of who types, for what more than one
// command looks at. It writes nothing.
package cluster
