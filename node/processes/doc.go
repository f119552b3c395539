// Package processes finds the GlusterFS clients that serve mounts. Linux only.
package processes
