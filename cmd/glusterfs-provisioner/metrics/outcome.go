package metrics

import (
	"context"
	"errors"
	"net/url"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner"
	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/heketi"
	"glusterfs-provisioner/provisioner/making"
	"glusterfs-provisioner/provisioner/reach"
)

// What a try comes to.
const (
	ok           = "ok"
	invalidClass = "invalid_class"
	invalidClaim = "invalid_claim"
	unauthorized = "unauthorized"
	unavailable  = "unavailable"
	busy         = "busy"
	noSpace      = "no_space"
	noGID        = "no_gid"
	interrupted  = "interrupted"
	foreign      = "foreign"
	apiServer    = "api_server"
	failed       = "failed"
)

// outcomes are all that a try may come to.
var outcomes = []string{ok, invalidClass, invalidClaim, unauthorized, unavailable, busy, noSpace, noGID, interrupted, foreign, apiServer, failed}

// known are errors and what they count as. The first that fits counts: that the outcome in
// heketi is not known says more than why, and an error of heketi says more than one of the API
// server that came on top of it.
var known = []struct {
	is      error
	outcome string
}{
	{provisioner.ErrInvalidClaim, invalidClaim},
	{provisioner.ErrInvalidClass, invalidClass},
	{heketi.ErrForeign, foreign},
	{heketi.ErrInterrupted, interrupted},
	{heketi.ErrUnauthorized, unauthorized},
	{heketi.ErrUnavailable, unavailable},
	{heketi.ErrBusy, busy},
	{heketi.ErrNoSpace, noSpace},
	{heketi.ErrInvalid, invalidClass}, // heketi is sent what the class says
	{heketi.ErrNotFound, failed},
	{heketi.ErrNameTaken, failed},
	{heketi.ErrInUse, failed},
	{heketi.ErrHalfDone, failed},
	{heketi.ErrHidesFiles, failed},
	{heketi.ErrFailed, failed},
	{heketi.ErrTooOld, failed},
}

// outcomeOf says what a try came to.
func outcomeOf(err error) string {
	if err == nil {
		return ok
	}
	for _, one := range known {
		if errors.Is(err, one.is) {
			return one.outcome
		}
	}
	if _, full := errors.AsType[*gid.FullError](err); full {
		return noGID
	}
	_, mayArrive := errors.AsType[*making.MayArriveError](err)
	if mayArrive || errors.Is(err, context.Canceled) {
		return interrupted
	}
	reason := apierrors.ReasonForError(err)
	if _, keyless := errors.AsType[*reach.KeyError](err); keyless && (reason == metav1.StatusReasonNotFound || reason == metav1.StatusReasonForbidden || !isOfAPIServer(err)) {
		return unauthorized
	}
	if isOfAPIServer(err) {
		return apiServer
	}
	return failed
}

// isOfAPIServer says whether the API server refused something or could not be reached. Of
// heketi's errors none wraps what the connection said.
func isOfAPIServer(err error) bool {
	_, unreached := errors.AsType[*url.Error](err)
	return unreached || apierrors.ReasonForError(err) != metav1.StatusReasonUnknown || errors.Is(err, context.DeadlineExceeded)
}
