// Package interrupted looks after the operations that heketis were interrupted in. It has
// heketis clean up what is safe to clean up. It leaves the others alone, and tells of each
// heketi that cleans one of those up by itself.
package interrupted
