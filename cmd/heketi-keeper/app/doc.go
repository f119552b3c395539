// Package app is the command heketi-keeper: its flags, how its parts are put together, the Lease
// that lets one of several keep heketi, its HTTP endpoints, and how it ends.
package app
