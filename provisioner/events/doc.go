// Package events sends all events about objects that are about many things, and shortens messages to what an event
// can hold.
package events
