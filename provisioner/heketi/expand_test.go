package heketi

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"
)

const (
	pendings = "GET /operations/pending"
	details7 = "GET /operations/pending/op-7"
	expand   = "POST /volumes/v1/expand"
)

// operation is heketi's word on a pending operation of that type.
func operation(kind, status, substatus string) answer {
	return jsonOf(api.PendingOperationListResponse{PendingOperations: []api.PendingOperationInfo{
		{Id: "op-7", TypeName: kind, Status: status, SubStatus: substatus},
	}})
}

// changing is heketi's word on what operation op-7 changes.
func changing(ids ...string) answer {
	details := api.PendingOperationDetails{PendingOperationInfo: api.PendingOperationInfo{Id: "op-7", TypeName: typeExpandVolume}}
	for _, id := range ids {
		details.Changes = append(details.Changes, api.PendingChangeInfo{Id: id, Description: "a change"})
	}
	return jsonOf(details)
}

var (
	atRest   = jsonOf(api.PendingOperationListResponse{PendingOperations: []api.PendingOperationInfo{}})
	inFlight = operation(typeExpandVolume, "", substatusInFlight)
	stale    = operation(typeExpandVolume, "stale", "")
)

// sized is volume v1 with that many GiB.
func sized(gib int) Volume { return with(func(v *Volume) { v.SizeGiB = gib }) }

// whole is what gluster has of a volume that no operation is pending with.
var whole = storage{has: []string{"b1"}}

func grow(ctx context.Context, c *Client) error {
	_, err := c.Expand(ctx, "v1", "c1", 5)
	return err
}

func TestExpandAsksForWhatIsMissing(t *testing.T) {
	s := play(t, answers{
		pendings: {atRest}, get: {shows(sized(2)), shows(sized(5))},
		expand: {accepted(jobPath)}, poll: {pending, moved(v1Path)},
	})
	got, err := s.connect(patient()).Expand(context.Background(), "v1", "c1", 5)
	expectVolume(t, got, err, sized(5))
	s.expectRequests(pendings, get, lookAtIt, expand, poll, poll, get)
	if got, want := s.sent(), []string{`{"expand_size":3}`}; !slices.Equal(got, want) {
		t.Errorf("got request %q, want %q", got, want)
	}
}

func TestExpandAsksForNothingWhenTheVolumeIsLargeEnough(t *testing.T) {
	for _, has := range []int{5, 6} {
		s := play(t, answers{pendings: {atRest}, get: {shows(sized(has))}})
		got, err := s.connect(patient()).Expand(context.Background(), "v1", "c1", 5)
		expectVolume(t, got, err, sized(has))
		s.expectRequests(pendings, get)
	}
}

func TestExpandWaitsForAnExpansionUnderWay(t *testing.T) {
	for what, test := range map[string]struct {
		pendings, details []answer
		requests          []string
	}{
		"that ends": {
			[]answer{inFlight, inFlight, atRest}, []answer{changing("b1", "v1")},
			[]string{pendings, details7, pendings, details7, pendings, get},
		},
		"that ends before it is shown": {
			[]answer{inFlight}, []answer{says(404, "Id not found: op-7")},
			[]string{pendings, details7, get},
		},
		"that nobody counts yet": {
			[]answer{operation(typeExpandVolume, "", ""), atRest}, []answer{changing("v1")},
			[]string{pendings, details7, pendings, get},
		},
		"that heketi is cleaning up": {
			[]answer{operation(typeExpandVolume, "stale", substatusInFlight), atRest}, []answer{changing("v1")},
			[]string{pendings, details7, pendings, get},
		},
		"only of this volume": {[]answer{inFlight}, []answer{changing("v2", "b2")}, []string{pendings, details7, get}},
		"only of this kind":   {[]answer{operation("create-volume", "", substatusInFlight)}, nil, []string{pendings, get}},
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t, answers{pendings: test.pendings, details7: test.details, get: {shows(sized(5))}})
			got, err := s.connect(patient()).Expand(context.Background(), "v1", "c1", 5)
			expectVolume(t, got, err, sized(5))
			s.expectRequests(test.requests...)
		})
	}
}

func TestExpandGivesUpWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, answers{pendings: {inFlight}, details7: {changing("v1")}})
		begun := time.Now()
		err := grow(t.Context(), s.connect(DefaultConfig()))
		expectError(t, err, ErrInUse, certain, "expand volume v1", "still working on it (operation op-7)")
		expectTook(t, begun, 10*time.Minute, 11*time.Minute)
		if got := s.times(pendings); got > 400 {
			t.Errorf("asked %d times in 10 minutes", got)
		}
	})
}

func TestExpandHasHeketiUndoWhatItWasRestartedIn(t *testing.T) {
	for _, interrupted := range []answer{stale, operation(typeExpandVolume, "failed", "")} {
		s := play(t, cleaning(answers{
			pendings: {interrupted, atRest}, details7: {changing("v1")}, get: {shows(sized(2)), shows(sized(5))},
			expand: {accepted(jobPath)}, poll: {moved(v1Path)},
		}))
		got, err := s.connect(patient()).Expand(context.Background(), "v1", "c1", 5)
		expectVolume(t, got, err, sized(5))
		s.expectRequests(pendings, details7, lookAtIt, lookAtIt, cleanUp, cleaned, cleaned, pendings, get, lookAtIt, expand, poll, get)
		if got, want := s.sent(), []string{`{"operations":["op-7"]}`, `{"expand_size":3}`}; !slices.Equal(got, want) {
			t.Errorf("got requests %q, want %q", got, want)
		}
	}
	t.Run("in vain", func(t *testing.T) {
		s := play(t, cleaning(answers{pendings: {stale}, details7: {changing("v1")}}))
		err := grow(context.Background(), s.connect(patient()))
		expectError(t, err, ErrInUse, certain, "op-7")
		if got := s.times(cleanUp); got != 1 {
			t.Errorf("asked for %d clean-ups, want 1", got)
		}
	})
}

// What is not known to be at rest is not expanded.
func TestExpandAsksForNothingInTheDark(t *testing.T) {
	for what, test := range brokenReads {
		for where, a := range map[string]answers{
			"pending operations": {pendings: {test.answer}},
			"one of them":        {pendings: {inFlight}, details7: {test.answer}},
			"the volume":         {pendings: {atRest}, get: {test.answer}},
		} {
			t.Run(what+" for "+where, func(t *testing.T) {
				s := play(t, a)
				err := grow(context.Background(), s.connect(patient()))
				expectError(t, err, test.kind, certain, test.said)
				if got := s.times(expand); got != 0 {
					t.Errorf("asked for %d expansions", got)
				}
			})
		}
	}
	for what, text := range map[string]string{"an object": `{}`, "no list": `{"pendingoperations": null}`, "another": `{"pendingoperations": {}}`} {
		s := play(t, answers{pendings: {body(text)}})
		expectError(t, grow(context.Background(), s.connect(patient())), ErrUnavailable, certain)
		if got := s.times(expand); got != 0 {
			t.Errorf("%s: asked for %d expansions", what, got)
		}
	}
	s := play(t, answers{pendings: {inFlight}, details7: {jsonOf(api.PendingOperationDetails{})}})
	expectError(t, grow(context.Background(), s.connect(patient())), ErrUnavailable, certain, "another operation")
}

func TestExpandOfAVolumeThatHeketiDoesNotKnow(t *testing.T) {
	for what, test := range map[string]struct {
		cluster answer
		kind    error
	}{
		"in a cluster that it knows":         {known, ErrNotFound},
		"in a cluster that it does not know": {says(404, forgotten), ErrForeign},
		"when a gateway has lost heketi":     {page(502), ErrUnavailable},
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t, answers{pendings: {atRest}, get: {says(404, forgotten)}, cluster1: {test.cluster}})
			expectError(t, grow(context.Background(), s.connect(patient())), test.kind, certain, "get volume v1")
		})
	}
}

func TestExpandIsRefused(t *testing.T) {
	for _, test := range []struct {
		said string
		kind error
	}{
		{"Failed to allocate volume expansion: No space", ErrNoSpace},
		{"Failed to allocate volume expansion: Minimum brick size limit reached. Out of space.", ErrNoSpace},
		{"Failed to allocate volume expansion: Maximum number of bricks reached.", ErrNoSpace},
		{"Failed to allocate volume expansion: Unable to access db", ErrFailed},
	} {
		s := play(t, answers{pendings: {atRest}, get: {shows(sized(2))}, expand: {says(500, test.said)}})
		expectError(t, grow(context.Background(), s.connect(patient())), test.kind, certain, "expand volume v1", test.said)
		s.expectRequests(pendings, get, lookAtIt, expand)
	}
	t.Run("by its job", func(t *testing.T) {
		s := play(t, answers{pendings: {atRest}, get: {shows(sized(2))}, expand: {accepted(jobPath)}, poll: {says(500, "add-brick: failed")}})
		expectError(t, grow(context.Background(), s.connect(patient())), ErrFailed, certain, "add-brick: failed")
	})
}

// TestExpandLearnsWhatItWasNotTold loses answers. A request that a gateway may pass
// on yet is waited for; then the size tells.
func TestExpandLearnsWhatItWasNotTold(t *testing.T) {
	lost := map[string]struct {
		answers answers
		waits   time.Duration
		kind    error
	}{
		"cut":                {answers{expand: {cut}}, 30 * time.Second, ErrUnavailable},
		"not answered":       {answers{expand: {silent}}, time.Minute, ErrUnavailable},
		"gateway's time-out": {answers{expand: {page(504)}}, 30 * time.Second, ErrUnavailable},
		"forgotten job":      {answers{expand: {accepted(jobPath)}, poll: {says(404, forgotten)}}, 0, ErrUnavailable},
		"gateway's words":    {answers{expand: {says(500, "Internal Server Error")}}, 30 * time.Second, ErrFailed},
		"gateway's page":     {answers{expand: {page(404)}}, 30 * time.Second, ErrUnavailable},
		"page for the job":   {answers{expand: {accepted(jobPath)}, poll: {page(200)}}, 0, ErrUnavailable},
	}
	for what, test := range lost {
		inABubble(t, what+" and it has grown", func(t *testing.T) {
			a := answers{pendings: {atRest}, get: {shows(sized(2)), shows(sized(5))}}
			for request, answer := range test.answers {
				a[request] = slices.Clone(answer)
			}
			s := playInMemory(t, a)
			begun := time.Now()
			got, err := s.connect(DefaultConfig()).Expand(t.Context(), "v1", "c1", 5)
			expectVolume(t, got, err, sized(5))
			expectTook(t, begun, test.waits, test.waits+time.Second)
			if got := s.times(expand); got != 1 {
				t.Errorf("asked for %d expansions, want 1", got)
			}
		})
		inABubble(t, what+" and it has not grown", func(t *testing.T) {
			a := answers{pendings: {atRest}, get: {shows(sized(2))}}
			for request, answer := range test.answers {
				a[request] = slices.Clone(answer)
			}
			s := playInMemory(t, a)
			err := grow(t.Context(), s.connect(DefaultConfig()))
			expectError(t, err, test.kind, doubtful, "expand volume v1")
			if got := s.times(expand); got != 1 {
				t.Errorf("asked for %d expansions, want 1", got)
			}
		})
	}
}

func TestExpandEndsWithItsContext(t *testing.T) {
	inABubble(t, "while heketi works", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := playInMemory(t, answers{pendings: {inFlight}, details7: {changing("v1")}})
		err := grow(ctx, s.connect(DefaultConfig()))
		if !errors.Is(err, ErrInUse) && !errors.Is(err, ErrUnavailable) {
			t.Errorf("got error %v", err)
		}
	})
	inABubble(t, "while the request may be on its way", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		s := playInMemory(t, answers{pendings: {atRest}, get: {shows(sized(2))}, expand: {cut}})
		expectError(t, grow(ctx, s.connect(DefaultConfig())), ErrUnavailable, doubtful)
	})
}

func TestExpandTakesAPlace(t *testing.T) {
	config := DefaultConfig()
	config.MaxInFlight, config.OperationTimeout = 1, time.Second
	s := play(t, answers{pendings: {atRest}, get: {shows(sized(2))}, expand: {says(500, "Failed to allocate volume expansion: No space")}})
	client := s.connect(config)
	leave, err := client.backend.places.take(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	expectError(t, grow(context.Background(), client), ErrBusy, certain, "expand volume v1", "1 operations of this provisioner")
	leave()
	expectError(t, grow(context.Background(), client), ErrNoSpace, certain)
}
