// Package bundle gathers what a report of a problem needs into one archive: objects, events, logs
// and metrics. It reads no Secret, and hides keys that stand elsewhere.
package bundle
