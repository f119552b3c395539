// Package app is the command glusterfs-host: its verbs and flags, how its parts are put together, and its HTTP endpoints.
package app
