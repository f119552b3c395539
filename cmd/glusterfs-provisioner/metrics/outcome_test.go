package metrics

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/making"
	"glusterfs-provisioner/test/documented"
)

func TestOutcomes(t *testing.T) {
	of := func(kind error, interrupted bool) error { return &heketi.Error{Kind: kind, Interrupted: interrupted} }
	secrets := schema.GroupResource{Resource: "secrets"}
	seen := map[string]bool{}
	for _, test := range []struct {
		err  error
		want string
	}{
		{nil, ok},
		{fmt.Errorf("a: %w", provisioner.ErrInvalidClass), invalidClass},
		{of(heketi.ErrInvalid, false), invalidClass},
		{provisioner.ErrInvalidClaim, invalidClaim},
		{of(heketi.ErrUnauthorized, false), unauthorized},
		{of(heketi.ErrUnavailable, false), unavailable},
		{of(heketi.ErrUnavailable, true), interrupted},
		{&making.MayArriveError{Left: time.Second}, interrupted},
		{context.Canceled, interrupted},
		{of(heketi.ErrBusy, false), busy},
		{of(heketi.ErrNoSpace, false), noSpace},
		{fmt.Errorf("class: %w; widen it", &gid.FullError{}), noGID},
		{of(heketi.ErrForeign, true), foreign},
		{apierrors.NewForbidden(secrets, "heketi", nil), apiServer},
		{fmt.Errorf("cannot write: %w", &url.Error{Op: "Put", URL: "https://kubernetes", Err: errors.New("refused")}), apiServer},
		{errors.Join(of(heketi.ErrNoSpace, false), apierrors.NewConflict(secrets, "journal", nil)), noSpace},
		{of(heketi.ErrFailed, false), failed},
		{of(heketi.ErrHalfDone, false), failed},
		{errors.New("anything"), failed},
	} {
		got := outcomeOf(test.err)
		if seen[got] = true; got != test.want {
			t.Errorf("%v: got %s, want %s", test.err, got, test.want)
		}
	}
	if got, want := slices.Sorted(maps.Keys(seen)), slices.Sorted(slices.Values(outcomes)); !slices.Equal(got, want) {
		t.Errorf("the outcomes are %q, want %q", got, want)
	}
}

func TestDocsTellAllOutcomes(t *testing.T) {
	var told []string
	for _, row := range documented.Table(t, "metrics.md", "`outcome`", "what happened") {
		told = append(told, documented.Words(row["`outcome`"])...)
	}
	if !slices.Equal(told, outcomes) {
		t.Errorf("docs/metrics.md tells of the outcomes %q, and there are %q", told, outcomes)
	}
}
