// Package bundle gathers what a report of a problem needs into one archive: objects, events, logs,
// metrics, and what GlusterFS hosts in pods say of themselves. It reads no Secret, and hides keys that stand elsewhere.
package bundle
