// Package locks keeps two from working on the same volume at a time.
package locks
