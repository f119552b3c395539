package heketi

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// kinds are all that an error can be one of.
var kinds = []error{
	ErrNotFound, ErrBusy, ErrNoSpace, ErrNameTaken, ErrInUse, ErrHalfDone,
	ErrUnauthorized, ErrInvalid, ErrUnavailable, ErrFailed, ErrForeign,
}

// certain and doubtful say whether an error may wrap ErrInterrupted.
const (
	certain  = false
	doubtful = true
)

// expectError checks that an error is of that kind and of no other, whether the
// outcome is in doubt, that it says all of said, and that it is fit to be shown.
func expectError(t *testing.T, err error, kind error, interrupted bool, said ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want %q", kind)
	}
	for _, k := range kinds {
		if got, want := errors.Is(err, k), errors.Is(kind, k); got != want {
			t.Errorf("errors.Is %q: got %v, want %v: %v", k, got, want, err)
		}
	}
	if got := errors.Is(err, ErrInterrupted); got != interrupted {
		t.Errorf("errors.Is %q: got %v, want %v: %v", ErrInterrupted, got, interrupted, err)
	}
	text := err.Error()
	for _, want := range said {
		if !strings.Contains(text, want) {
			t.Errorf("got error %q, want one that says %q", text, want)
		}
	}
	expectPresentable(t, err)
}

func expectPresentable(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got an error of type %T, want *Error: %v", err, err)
	}
	text := err.Error()
	if !strings.HasPrefix(text, "heketi "+e.Server+": cannot "+e.Operation) {
		t.Errorf("got error %q, want one that begins with the heketi and the operation", text)
	}
	if found := leaks(text); found != "" {
		t.Errorf("the error shows%s: %s", found, text)
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		t.Errorf("the error is not one printable line: %q", text)
	}
	if len(text) > 700 {
		t.Errorf("the error has %d bytes: %s", len(text), text)
	}
}

// expectVolume checks what Create, Find or Get returned.
func expectVolume(t *testing.T, got *Volume, err error, want Volume) {
	t.Helper()
	if err != nil {
		t.Errorf("got error %v, want volume %+v", err, want)
	} else if !reflect.DeepEqual(*got, want) {
		t.Errorf("got volume %+v, want %+v", *got, want)
	}
}
