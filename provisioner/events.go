package provisioner

import (
	"errors"
	"strings"
)

// maxEventMessage leaves room in 1 KiB for the words and the class's name
// that the library puts before an error.
const maxEventMessage = 900

// fitForEvent shortens an error's text to what an event can hold, on one line.
func fitForEvent(err error) error {
	if err == nil {
		return nil
	}
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	if len(text) > maxEventMessage {
		text = strings.ToValidUTF8(text[:maxEventMessage], "") + "..."
	}
	return errors.New(text)
}
