package events

import (
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/record"
)

// maxEventMessage is how many bytes an event's message may have; newer versions
// of the events API refuse longer ones (NoteLengthLimit in Kubernetes'
// validation of events).
const maxEventMessage = 1024

const ellipsis = "..."

// Fit shortens an error's text to what an event can hold, on one line.
func Fit(err error) error { return FitBehind("", err) }

// FitBehind shortens an error's text to what an event can hold behind the words
// that the library puts before it, on one line.
func FitBehind(before string, err error) error {
	if err == nil {
		return nil
	}
	return errors.New(fit(err.Error(), maxEventMessage-len(before)))
}

// fit puts a text on one line and shortens it to room bytes.
func fit(text string, room int) string {
	text = strings.ReplaceAll(text, "\n", "; ")
	if len(text) > room {
		text = strings.ToValidUTF8(text[:room-len(ellipsis)], "") + ellipsis
	}
	return text
}

// Fitting returns a recorder that shortens messages to what an event can hold.
func Fitting(recorder record.EventRecorder) record.EventRecorder { return fitting{recorder} }

type fitting struct{ record.EventRecorder }

// Eventf makes the message and shortens it.
func (e fitting) Eventf(object runtime.Object, eventType, reason, format string, args ...any) {
	e.Event(object, eventType, reason, fmt.Sprintf(format, args...))
}

// Event shortens the message.
func (e fitting) Event(object runtime.Object, eventType, reason, message string) {
	e.EventRecorder.Event(object, eventType, reason, fit(message, maxEventMessage))
}
