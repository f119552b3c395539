// Package store reads what glusterd keeps in its working folder: the node's id, its peers, and the
// volumes with their bricks. It asks no glusterd, so that bricks are known before one runs.
package store
