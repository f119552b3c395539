// Package interrupted looks after what heketis were interrupted in: it has them clean up
// what may be, and tells of those that clean up by themselves what may not.
package interrupted
