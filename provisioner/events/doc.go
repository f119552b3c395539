// Package events has the messages of events fit into them.
package events
