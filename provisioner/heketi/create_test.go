package heketi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"testing"

	"glusterfs-provisioner/provisioner/volume"
)

func TestCreateMakesTheVolume(t *testing.T) {
	s := play(t, answers{
		post: {accepted(jobPath)},
		poll: then(often(3, pending), moved(v1Path)),
		get:  {shows(made())},
	})
	got, err := s.connect(patient()).Create(context.Background(), spec(), false)
	expectVolume(t, got, err, made())
	s.expectRequests(post, poll, poll, poll, poll, get)
	if got := s.connections(); got != 1 {
		t.Errorf("got %d connections, want 1 for all requests", got)
	}
}

func TestCreateAsksForWhatTheSpecSays(t *testing.T) {
	disperse := spec()
	disperse.Durability = volume.Durability{Kind: volume.Disperse, Data: 4, Redundancy: 2}
	disperse.Options = nil
	none := spec()
	none.Durability = volume.Durability{Kind: volume.Distribute}
	none.SnapshotFactor = 1
	none.GID = 2147483646
	for want, spec := range map[string]Spec{
		`{"size": 2, "name": "pvc-1", "clusters": ["c1"], "gid": 2001, "snapshot": {"enable": true, "factor": 1.5},
			"durability": {"type": "replicate", "replicate": {"replica": 3}, "disperse": {}}, "glustervolumeoptions": ["client.ssl on"]}`: spec(),
		`{"size": 2, "name": "pvc-1", "clusters": ["c1"], "gid": 2001, "snapshot": {"enable": true, "factor": 1.5},
			"durability": {"type": "disperse", "replicate": {}, "disperse": {"data": 4, "redundancy": 2}}}`: disperse,
		`{"size": 2, "name": "pvc-1", "clusters": ["c1"], "gid": 2147483646, "snapshot": {"enable": true, "factor": 1},
			"durability": {"type": "none", "replicate": {}, "disperse": {}}, "glustervolumeoptions": ["client.ssl on"]}`: none,
	} {
		s := play(t, answers{post: {accepted(jobPath)}, poll: {moved(v1Path)}, get: {shows(made())}})
		if _, err := s.connect(patient()).Create(context.Background(), spec, false); err != nil {
			t.Fatal(err)
		}
		if got := s.sent(); len(got) != 1 || !sameJSON(t, got[0], want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var one, two any
	for text, into := range map[string]*any{a: &one, b: &two} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return reflect.DeepEqual(one, two)
}

// refusals are answers to a create or a delete itself, and what they mean.
var refusals = []struct {
	what        string
	answer      answer
	kind        error
	interrupted bool
	said        string
}{
	{"wrong request", says(400, "validation failed: name: must be in a valid format."), ErrInvalid, certain, "must be in a valid format"},
	{"unknown cluster", says(400, "Cluster id c1 not found"), ErrInvalid, certain, "Cluster id c1 not found"},
	{"unprocessable", says(422, "request unable to be parsed"), ErrInvalid, certain, "unable to be parsed"},
	{"wrong key", says(401, "Invalid JWT token: signature is invalid"), ErrUnauthorized, certain, "signature is invalid"},
	{"not the administrator", says(401, "Administrator access required"), ErrUnauthorized, certain, "Administrator access required"},
	{"forbidden by a gateway", page(403), ErrUnauthorized, doubtful, "403 Forbidden"},
	{"no space", noSpace, ErrNoSpace, certain, "No space"},
	{"closed for a while", says(503, "Service disabled for maintenance"), ErrUnavailable, certain, "maintenance"},
	{"no path of heketi's", says(404, "Invalid path or request"), ErrTooOld, certain, "does not know this request"},
	{"no page of a gateway's", page(404), ErrUnavailable, doubtful, "404 Not Found"},
	{"no path of the server's", says(404, "404 page not found"), ErrUnavailable, doubtful, "page not found"},
	{"moved for ever", redirects(301, "/other"), ErrUnavailable, doubtful, "leads to /other"},
	{"gateway without a heketi", page(502), ErrUnavailable, doubtful, "502 Bad Gateway"},
	{"gateway closed", page(503), ErrUnavailable, doubtful, "503 Service Unavailable"},
	{"gateway out of patience", page(504), ErrUnavailable, doubtful, "504 Gateway Timeout"},
	{"gateway without a word", empty(502), ErrUnavailable, doubtful, "502"},
	{"page where a job is due", page(200), ErrUnavailable, doubtful, "200 OK"},
	{"nothing where a job is due", empty(204), ErrUnavailable, doubtful, "204"},
	{"huge page where a job is due", huge(200, 3), ErrUnavailable, doubtful, "200 OK"},
	{"job without an address", empty(202), ErrUnavailable, doubtful, "Location"},
	{"connection cut", cut, ErrUnavailable, doubtful, ""},
}

func TestCreateIsRefused(t *testing.T) {
	for _, test := range refusals {
		t.Run(test.what, func(t *testing.T) {
			s := play(t, answers{post: {test.answer}, dumpIt: {dumps()}})
			got, err := s.connect(patient()).Create(context.Background(), spec(), false)
			if got != nil {
				t.Errorf("got volume %+v", got)
			}
			expectError(t, err, test.kind, test.interrupted, `create volume "pvc-1"`, test.said)
			if got := s.times(post); got != 1 {
				t.Errorf("heketi was asked %d times, want once", got)
			}
		})
	}
}

// What is between here and heketi may fail after it has passed a request on, so
// such an answer alone proves nothing.
func TestCreateTakesNoForeignFailureForARefusal(t *testing.T) {
	for what, answer := range map[string]answer{
		"a gateway's page":           page(500),
		"a gateway's words":          says(500, "Internal Server Error"),
		"a gateway's full disk":      says(500, "open /tmp/buffer: No space left on device"),
		"a panic":                    says(500, "PANIC: runtime error: index out of range\ngoroutine 1 [running]"),
		"a database's words":         says(500, "database not open"),
		"a gateway's time-out":       says(408, "Request Timeout"),
		"a gateway's refusal":        says(400, "Bad Request"),
		"a log-in":                   redirects(302, "/login"),
		"heketi's words in a page":   pageOf(500, "Failed to allocate new volume: No space"),
		"a gateway's empty answer":   empty(500),
		"an answer cut short":        cutShort("500 Internal Server Error"),
		"a status that heketi lacks": page(524),
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t, answers{post: {answer}, dumpIt: {dumps(entry{made(), "op-1"})}, cleanUp: {accepted("/queue/clean")}, cleaned: {gone}})
			_, err := s.connect(patient()).Create(context.Background(), spec(), false)
			if !errors.Is(err, ErrInterrupted) {
				t.Errorf("heketi is making the volume, want an error that leaves the outcome open: %v", err)
			}
		})
	}
}

func TestCreateWhenHeketiSaysWhyItFailed(t *testing.T) {
	s := play(t, answers{post: {says(http.StatusInternalServerError, "Failed to allocate new volume: Unable to access db")}, dumpIt: {dumps()}})
	_, err := s.connect(patient()).Create(context.Background(), spec(), false)
	expectError(t, err, ErrFailed, certain, "Unable to access db", "500")
}
