package heketi

import (
	"context"
	"slices"
	"testing"
)

// hiccups are answers to polls that say nothing of the job, so that the next
// poll has to.
var hiccups = map[string][]answer{
	"none":                nil,
	"pending":             {pending, pending, pending},
	"connection cut":      often(4, cut), // http.Client itself repeats one GET.
	"answer cut short":    often(2, cutShort("200 OK\r\nX-Pending: true")),
	"no heketi":           often(3, page(502)),
	"heketi away":         often(3, says(503, "Service disabled for maintenance")),
	"gateway impatient":   often(3, page(504)),
	"too many polls":      often(3, says(429, "Server busy. Retry operation later.")),
	"one after another":   {pending, page(502), cut, cut, pending, page(504), empty(503), pending},
	"gateway and no word": {empty(502), empty(504)},
}

func TestCreateBearsHiccupsOfItsPolls(t *testing.T) {
	for what, first := range hiccups {
		inABubble(t, what, func(t *testing.T) {
			s := playInMemory(t, answers{
				post: {accepted(jobPath)},
				poll: then(slices.Clone(first), moved(v1Path)),
				get:  {shows(made())},
			})
			got, err := s.connect(patient()).Create(t.Context(), spec(), false)
			expectVolume(t, got, err, made())
			if got := s.times(post); got != 1 {
				t.Errorf("heketi was asked for %d volumes, want 1", got)
			}
		})
	}
}

func TestDeleteBearsHiccupsOfItsPolls(t *testing.T) {
	for what, first := range hiccups {
		inABubble(t, what, func(t *testing.T) {
			s := playInMemory(t, answers{del: {accepted(jobPath)}, poll: then(slices.Clone(first), gone)})
			if err := s.connect(patient()).Delete(t.Context(), v1Ref); err != nil {
				t.Errorf("got error %v", err)
			}
			if got := s.times(del); got != 1 {
				t.Errorf("heketi was asked for %d deletions, want 1", got)
			}
		})
	}
}

// The job is forgotten once it has told where the volume is.
func TestCreateBearsHiccupsAfterTheJobHasEnded(t *testing.T) {
	for what, first := range hiccups {
		if what == "pending" || what == "one after another" || what == "answer cut short" {
			continue // A volume is not pending.
		}
		inABubble(t, what, func(t *testing.T) {
			s := playInMemory(t, answers{
				post: {accepted(jobPath)},
				poll: {moved(v1Path), says(404, forgotten)},
				get:  then(slices.Clone(first), shows(made())),
			})
			got, err := s.connect(patient()).Create(t.Context(), spec(), false)
			expectVolume(t, got, err, made())
			if got := s.times(poll); got != 1 {
				t.Errorf("the job was polled %d times, want once", got)
			}
		})
	}
}

// lostJobs are answers to polls that leave the job's outcome open.
var lostJobs = []struct {
	what   string
	answer answer
	kind   error
	said   string
}{
	{"the queue has forgotten the job", says(404, forgotten), ErrUnavailable, "forgotten the job"},
	{"a gateway has no queue", page(404), ErrUnavailable, ""},
	{"the key was changed", says(401, "Invalid JWT token: signature is invalid"), ErrUnauthorized, "signature is invalid"},
	{"the gateway wants a log-in", redirects(302, "/login"), ErrUnavailable, "302"},
	{"a page", page(200), ErrUnavailable, ""},
	{"an empty answer", empty(200), ErrUnavailable, ""},
	{"an answer cut short", cutShort("200 OK"), ErrUnavailable, ""},
	{"no JSON", body("hello"), ErrUnavailable, ""},
	{"a huge page", huge(200, 4), ErrUnavailable, ""},
	{"an object without anything", body(`{}`), ErrUnavailable, ""},
	{"null", body(`null`), ErrUnavailable, ""},
	{"a list", body(`[1]`), ErrUnavailable, ""},
	{"another volume", shows(Volume{ID: "v2", Name: "pvc-2"}), ErrUnavailable, ""},
	{"a redirect to nowhere", empty(303), ErrUnavailable, "Location"},
	{"a bad request", says(400, "no"), ErrInvalid, "no"},
}

func TestCreateIsInterruptedWhenTheJobIsLost(t *testing.T) {
	for _, test := range append(lostJobs, struct {
		what   string
		answer answer
		kind   error
		said   string
	}{"a deletion's answer", gone, ErrUnavailable, "204"}) {
		t.Run(test.what, func(t *testing.T) {
			s := play(t, answers{post: {accepted(jobPath)}, poll: {pending, test.answer}})
			got, err := s.connect(patient()).Create(context.Background(), spec(), false)
			if got != nil {
				t.Errorf("got volume %+v", got)
			}
			expectError(t, err, test.kind, doubtful, `create volume "pvc-1"`, test.said)
		})
	}
}

func TestDeleteIsInterruptedWhenTheJobIsLost(t *testing.T) {
	for _, test := range lostJobs {
		t.Run(test.what, func(t *testing.T) {
			s := play(t, answers{del: {accepted(jobPath)}, poll: {pending, test.answer}})
			err := s.connect(patient()).Delete(context.Background(), v1Ref)
			expectError(t, err, test.kind, doubtful, "delete volume v1", test.said)
			s.expectRequests(del, poll, poll)
		})
	}
}

func TestCreateIsInterruptedWhenTheVolumeCannotBeReadAfterTheJob(t *testing.T) {
	for what, test := range map[string]struct {
		answer answer
		kind   error
	}{
		"unknown":      {says(404, forgotten), ErrNotFound},
		"page missing": {page(404), ErrUnavailable},
		"failure":      {says(500, "Unable to access db"), ErrFailed},
		"page":         {page(200), ErrUnavailable},
		"cut short":    {cutShort("200 OK"), ErrUnavailable},
		"not allowed":  {says(401, "Administrator access required"), ErrUnauthorized},
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t, answers{post: {accepted(jobPath)}, poll: {moved(v1Path)}, get: {test.answer}})
			got, err := s.connect(patient()).Create(context.Background(), spec(), false)
			if got != nil {
				t.Errorf("got volume %+v", got)
			}
			expectError(t, err, test.kind, doubtful)
		})
	}
}
