package events

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/record"
)

// TestErrorsFitTheLibrarysEvents puts what the library puts before an error.
func TestErrorsFitTheLibrarysEvents(t *testing.T) {
	if Fit(nil) != nil {
		t.Error("nil became an error")
	}
	if err := FitBehind("before: ", errors.New("short")); err.Error() != "short" {
		t.Errorf("a short error became %q", err)
	}
	for _, class := range []string{"c", strings.Repeat("c", 253)} {
		for _, tail := range []string{strings.Repeat("ü", 2000), "x" + strings.Repeat("ü", 2000), strings.Repeat("line\n", 500)} {
			before := fmt.Sprintf("failed to provision volume with StorageClass %q: ", class)
			message := before + FitBehind(before, errors.New("first\nsecond "+tail)).Error()
			checkMessage(t, message)
			if !strings.HasPrefix(message, before+"first; second ") {
				t.Errorf("class of %d characters: %q", len(class), message)
			}
		}
	}
}

// TestOurEventsFit sends events that are too long.
func TestOurEventsFit(t *testing.T) {
	recorded := record.NewFakeRecorder(2)
	events := fitting{recorded}
	events.Eventf(&v1.PersistentVolumeClaim{}, v1.EventTypeWarning, "Reason", "claim %s: %s", strings.Repeat("n", 300), strings.Repeat("ü\n", 2000))
	events.Event(&v1.PersistentVolumeClaim{}, v1.EventTypeWarning, "Reason", "100% of "+strings.Repeat("ü", 2000))
	for range 2 {
		message := strings.TrimPrefix(<-recorded.Events, "Warning Reason ")
		checkMessage(t, message)
		if strings.Contains(message, "%!") {
			t.Errorf("it was formatted again: %q", message)
		}
	}
}

func checkMessage(t *testing.T, message string) {
	t.Helper()
	if len(message) > 1024 || len(message) < 1020 {
		t.Errorf("the message has %d bytes", len(message))
	}
	if !utf8.ValidString(message) || strings.Contains(message, "\n") || !strings.HasSuffix(message, "...") {
		t.Errorf("the message is %q", message)
	}
}
