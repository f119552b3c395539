// Package app is the command kubectl-glusterfs: its verbs, their flags, and how they print.
package app
