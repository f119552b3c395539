package why

import (
	"time"

	v1 "k8s.io/api/core/v1"
)

// lastOf returns the last of the events with one of the reasons; nil if there is none.
func lastOf(events []v1.Event, reasons ...string) *v1.Event {
	var last *v1.Event
	for i, event := range events {
		for _, reason := range reasons {
			if event.Reason == reason && (last == nil || timeOf(&event).After(timeOf(last))) {
				last = &events[i]
			}
		}
	}
	return last
}

// timeOf returns when an event was last seen. Which field says so depends on who sent it.
func timeOf(event *v1.Event) time.Time {
	switch {
	case event.Series != nil && !event.Series.LastObservedTime.IsZero():
		return event.Series.LastObservedTime.Time
	case !event.LastTimestamp.IsZero():
		return event.LastTimestamp.Time
	case !event.EventTime.IsZero():
		return event.EventTime.Time
	}
	return event.CreationTimestamp.Time
}

// timesOf returns how often an event was seen.
func timesOf(event *v1.Event) int32 {
	if event.Series != nil {
		return event.Series.Count
	}
	return max(event.Count, 1)
}
