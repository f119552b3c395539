package asked

import (
	"errors"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	volumes   = schema.GroupResource{Resource: "persistentvolumes"}
	notFound  = apierrors.NewNotFound(volumes, "pvc-1")
	forbidden = apierrors.NewForbidden(volumes, "pvc-1", errors.New("RBAC"))
	errBroken = errors.New("connection refused")
)

// TestFor keeps apart what is there, what is not, and what was not told.
func TestFor(t *testing.T) {
	for _, test := range []struct {
		err           error
		there, absent bool
	}{
		{nil, true, false},
		{notFound, false, true},
		{fmt.Errorf("cannot get it: %w", notFound), false, true},
		{forbidden, false, false},
		{errBroken, false, false},
	} {
		got := For("value", test.err)
		if got.There != test.there || got.IsAbsent() != test.absent || (got.Err == nil) != (test.there || test.absent) || got.There != (got.Value == "value") {
			t.Errorf("of %v is kept %+v", test.err, got)
		}
		length := Then(got, func(value string) (int, error) { return len(value), nil })
		if length.There != test.there || length.IsAbsent() != test.absent || length.There != (length.Value == 5) {
			t.Errorf("of %v is made %+v", test.err, length)
		}
	}
}

func TestWhy(t *testing.T) {
	for want, err := range map[string]error{
		"you may not read persistentvolumes pvc-1": fmt.Errorf("cannot get it: %w", forbidden),
		"you may not read persistentvolumes":       apierrors.NewForbidden(volumes, "", errors.New("RBAC")),
		"connection refused":                       errBroken,
	} {
		if got := Why(err); got != want {
			t.Errorf("%v is told as %q, want %q", err, got, want)
		}
	}
}
