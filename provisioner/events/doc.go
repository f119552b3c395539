// Package events shortens messages to what an event can hold.
package events
