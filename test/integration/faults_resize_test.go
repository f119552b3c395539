package integration

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"glusterfs-provisioner/test/bench"
)

const expansion = "^/volumes/[0-9a-f]+/expand$"

// raise has all claims request a size.
func (s *scene) raise(t *testing.T, size string) {
	t.Helper()
	for _, claim := range s.claims {
		mustRequest(t, claim, size)
	}
}

// waitSeen waits until that many requests were disturbed.
func (s *scene) waitSeen(t *testing.T, d *bench.Disturbance, count int) {
	t.Helper()
	s.eventually(t, func(context.Context) error {
		if seen := d.Seen(); seen < count {
			return fmt.Errorf("%d requests were disturbed, want %d", seen, count)
		}
		return nil
	})
}

// expansionSteps are the steps of growing a volume.
var expansionSteps = []step{
	atKubernetes("before the claim says that it grows", "UPDATE", "persistentvolumeclaims/status"),
	atHeketi("before the pending operations are told", "GET", "^/operations/pending$", bench.Hold),
	atHeketi("before the size is told", "GET", "^/volumes/", bench.Hold),
	atHeketi("before heketi gets the request", "POST", expansion, bench.Hold),
	atHeketi("after heketi accepted it", "POST", expansion, bench.HoldAnswer),
	atHeketi("while polling", "GET", "^/queue/", bench.Hold),
	atHeketi("after the volume has grown", "GET", "^/queue/", bench.HoldAnswer),
	atKubernetes("before the PersistentVolume says so", "UPDATE", "persistentvolumes"),
	{"before the claim says so", func(t *testing.T, s *scene) (reached, end func()) {
		growing := s.proxy.Disturb("POST", expansion, bench.Hold)
		allow := func() {}
		return func() {
			s.waitSeen(t, growing, 1)
			allow = refuse(t, "UPDATE", "persistentvolumeclaims/status", s.owns)
			s.proxy.Calm()
			s.waitTold(t, "VolumeResizeFailed", "the claim's status cannot be written")
		}, func() { allow() }
	}},
}

// TestFaultResizeKilled kills the provisioner at each step of growing volumes.
func TestFaultResizeKilled(t *testing.T) {
	t.Parallel()
	eachStep(t, expansionSteps, successions, func(t *testing.T, s *scene, step step, succeed func(*testing.T, *scene, func())) {
		s.claim(t)
		s.checkPromises(t)
		reached, end := step.stop(t, s)
		s.raise(t, "3Gi")
		reached()
		succeed(t, s, end)
		s.checkPromises(t)
		s.unclaim(t)
		s.checkPromises(t)
	})
}

// TestFaultResizeRefused has the API server refuse each write for a while.
func TestFaultResizeRefused(t *testing.T) {
	t.Parallel()
	for what, resource := range map[string]string{"claim": "persistentvolumeclaims/status", "PersistentVolume": "persistentvolumes"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sceneOptions{})
			s.claim(t)
			s.checkPromises(t)
			allow := refuse(t, "UPDATE", resource, s.owns)
			s.raise(t, "3Gi")
			for _, claim := range s.claims {
				s.waitEvent(t, claim.UID, "VolumeResizeFailed", "cannot be written", "refused by the test")
			}
			allow()
			s.checkPromises(t)
		})
	}
}

// TestFaultResizeAnswers disturbs the requests to heketi while volumes grow. Where
// heketi gets them all the same, they grow while the disturbance lasts.
func TestFaultResizeAnswers(t *testing.T) {
	t.Parallel()
	const poll, pending, size = "^/queue/", "^/operations/", "^/volumes/[0-9a-f]+$"
	const lasting, passing = true, false
	for what, fault := range map[string]struct {
		method, path string
		action       bench.Action
		lasts        bool
	}{
		"the answer is lost":                        {"POST", expansion, bench.LoseAnswer, lasting},
		"a gateway passes it on and answers 502":    {"POST", expansion, bench.PassOnAndAnswer(http.StatusBadGateway, "bad gateway"), lasting},
		"a gateway passes it on after the time-out": {"POST", expansion, bench.Delay(3 * time.Second), lasting},
		"polls are cut":                             {"GET", poll, bench.Cut, lasting},
		"polls lose their answers":                  {"GET", poll, bench.LoseAnswer, lasting},
		"polls are answered 500":                    {"GET", poll, bench.Answer(http.StatusInternalServerError, "something broke"), lasting},
		"polls are answered 502":                    {"GET", poll, bench.Answer(http.StatusBadGateway, "bad gateway"), lasting},
		"the queue has forgotten the jobs":          {"GET", poll, bench.PassOnAndAnswer(http.StatusNotFound, "Id not found"), lasting},

		"the request is cut":                             {"POST", expansion, bench.Cut, passing},
		"a gateway answers 502":                          {"POST", expansion, bench.Answer(http.StatusBadGateway, "bad gateway"), passing},
		"heketi is busy":                                 {"POST", expansion, bench.Answer(http.StatusTooManyRequests, "Server busy. Retry operation later."), passing},
		"heketi fails":                                   {"POST", expansion, bench.Answer(http.StatusInternalServerError, "something broke"), passing},
		"the pending operations are not told":            {"GET", pending, bench.Answer(http.StatusServiceUnavailable, "no backend"), passing},
		"the pending operations are told by a page":      {"GET", pending, bench.Answer(http.StatusOK, "<html>hello</html>"), passing},
		"a gateway does not know the pending operations": {"GET", pending, bench.Answer(http.StatusNotFound, "404 page not found"), passing},
		"the size is not told":                           {"GET", size, bench.Cut, passing},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newScene(t, sceneOptions{})
			s.claim(t)
			s.checkPromises(t)
			d := s.proxy.Disturb(fault.method, fault.path, fault.action)
			s.raise(t, "3Gi")
			// As many as heketi takes at a time.
			s.waitSeen(t, d, 8)
			if fault.lasts {
				s.checkPromises(t)
			}
			s.proxy.Calm()
			s.checkPromises(t)
		})
	}
}

// TestFaultResizeHeketiKilled kills heketi while it expands volumes. After its
// restart it holds the expansions, half made, which the provisioner has it undo.
func TestFaultResizeHeketiKilled(t *testing.T) {
	t.Parallel()
	s := newScene(t, sceneOptions{heketi: bench.HeketiOptions{Faults: []bench.Fault{{Command: "volume add-brick", Pause: 2 * time.Second}}}})
	s.claim(t)
	s.checkPromises(t)
	s.raise(t, "3Gi")
	s.killHeketiAtWork(t)
	s.checkPromises(t)
	s.raise(t, "4Gi")
	s.killHeketiAtWork(t)
	s.kill(t)
	s.restart(t)
	s.checkPromises(t)
	s.unclaim(t)
	s.checkPromises(t)
}

// TestFaultResizeHeketiAway has heketi refuse connections for a while.
func TestFaultResizeHeketiAway(t *testing.T) {
	t.Parallel()
	s := newScene(t, sceneOptions{})
	s.claim(t)
	s.checkPromises(t)
	if err := s.proxy.Down(); err != nil {
		t.Fatal(err)
	}
	s.raise(t, "3Gi")
	for _, claim := range s.claims {
		s.waitEvent(t, claim.UID, "VolumeResizeFailed", "unavailable")
	}
	if err := s.proxy.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.checkPromises(t)
}

// TestFaultResizeThenDeleted deletes claims while their volumes grow.
func TestFaultResizeThenDeleted(t *testing.T) {
	t.Parallel()
	s := newScene(t, sceneOptions{})
	s.claim(t)
	s.checkPromises(t)
	d := s.proxy.Disturb("GET", "^/queue/", bench.Hold)
	s.raise(t, "3Gi")
	s.waitSeen(t, d, 8)
	s.unclaim(t)
	s.proxy.Calm()
	s.checkPromises(t)
}
