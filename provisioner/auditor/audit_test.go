package auditor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/audit"
)

// TestAHeketiThatCannotBeAsked says why in the report. Nothing is concluded of what it has,
// while the others are compared as ever.
func TestAHeketiThatCannotBeAsked(t *testing.T) {
	s := play(t)
	s.volumeIsSaved(theVolume()) // It would be lost if heketi had said that it has nothing.
	other := s.addHeketi("silver")
	other.has(otherVolume())
	s.heketis[0].fails = true

	report := s.audit(audit.OfHeketis)
	mustFind(t, report, "orphan v2")
	if want := []audit.Stray{{Heketi: other.server.URL, ID: "v2", GID: 2001}}; !reflect.DeepEqual(report.Strays, want) {
		t.Errorf("strays: got %+v, want %+v", report.Strays, want)
	}
	if report.Complete() || report.Asked(s.heketis[0].server.URL) || !report.Asked(other.server.URL) {
		t.Errorf("got %+v, want one that could not be asked", report.Heketis)
	}
	for _, h := range report.Heketis {
		if failed := h.URL == s.heketis[0].server.URL; failed != strings.Contains(h.Failure, "Unable to access db") {
			t.Errorf("got %+v, want what the one has said that failed, and of it alone", h)
		}
	}

	s.heketis[0].fails = false
	mustFind(t, s.audit(audit.OfHeketis), "lost v1", "orphan v2")
}

// TestEachWayIsTried asks a heketi in the first way that works: classes name it, and
// PersistentVolumes, whose class may be gone. If none works, the first failure counts: it
// concerns those who make claims now.
func TestEachWayIsTried(t *testing.T) {
	noSecret := func(class string) error { return errors.New("no Secret of class " + class) }
	for what, test := range map[string]struct {
		fails []string
		asked bool
	}{
		"all work":                     {nil, true},
		"the first class has no key":   {[]string{"gold"}, true},
		"only a PersistentVolume does": {[]string{"gold", "silver"}, true},
		"none works":                   {[]string{"gold", "silver", ""}, false},
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t)
			s.addClass("silver", s.heketis[0])
			s.volumeIsSaved(theVolume())
			for _, class := range test.fails {
				s.wayFails[class] = noSecret(class)
			}
			report := s.audit(audit.OfHeketis)
			if !test.asked {
				mustFind(t, report)
				if report.Heketis[0].Failure != noSecret("gold").Error() {
					t.Errorf("got %+v, want why the first way fails", report.Heketis)
				}
				return
			}
			mustFind(t, report, "lost v1")
			if !report.Complete() {
				t.Errorf("got %+v, want it asked", report.Heketis)
			}
		})
	}
}

// TestTheContextEnds at each read. Then there is no report, since half of one would say that
// heketis or volumes are missing.
func TestTheContextEnds(t *testing.T) {
	for i, what := range readsOfAnAudit {
		t.Run(fmt.Sprintf("%d %s", i, what), func(t *testing.T) {
			s := play(t)
			s.heketis[0].has(theVolume())
			ctx, cancel := context.WithCancel(t.Context())
			s.ends = ctx
			count := 0
			s.beforeRead = func(string) {
				if count == i {
					cancel()
				}
				count++
			}
			report, err := s.Audit(ctx, audit.OfHeketis)
			if !errors.Is(err, context.Canceled) || !reflect.DeepEqual(report, audit.Report{}) {
				t.Errorf("got %+v, %v; want no report", report, err)
			}
		})
	}
}

// TestOfGluster looks twice before it tells what heketi and gluster disagree on.
func TestOfGluster(t *testing.T) {
	refuses := func(w http.ResponseWriter) { http.Error(w, "Invalid JWT token", http.StatusUnauthorized) }
	type look = func(http.ResponseWriter)
	for what, test := range map[string]struct {
		looks  func(*scripted) []look
		want   []string
		failed bool
		took   int
	}{
		"all is well":       {func(h *scripted) []look { return []look{h.hasInGluster(name)} }, nil, false, 1},
		"it was being made": {func(h *scripted) []look { return []look{h.hasInGluster(), h.hasInGluster(name)} }, nil, false, 2},
		"it is not there":   {func(h *scripted) []look { return []look{h.hasInGluster()} }, []string{"only-in-heketi v1"}, false, 2},
		"it has just gone":  {func(h *scripted) []look { return []look{h.hasInGluster(name), h.hasInGluster()} }, nil, false, 1},
		"heketi refuses":    {func(*scripted) []look { return []look{refuses} }, nil, true, 1},
		"at the second":     {func(h *scripted) []look { return []look{h.hasInGluster(), refuses} }, nil, true, 2},
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t)
			s.heketis[0].has(theVolume())
			s.volumeIsSaved(theVolume())
			s.heketis[0].gluster = test.looks(s.heketis[0])
			report := s.audit(audit.OfGluster)
			mustFind(t, report, test.want...)
			if failed := report.Heketis[0].GlusterFailure != ""; failed != test.failed || !report.Asked(s.heketis[0].server.URL) {
				t.Errorf("got %+v, want a failure: %v", report.Heketis, test.failed)
			}
			if took := strings.Count(strings.Join(s.reads, " "), "gluster"); took != test.took {
				t.Errorf("looked %d times, want %d", took, test.took)
			}
		})
	}
}

func TestOfHeketisLeavesTheStorageHostsAlone(t *testing.T) {
	s := play(t)
	s.heketis[0].has(theVolume())
	s.volumeIsSaved(theVolume())
	if report := s.audit(audit.OfHeketis); !report.Clean() || slices.Contains(s.reads, "gluster") {
		t.Errorf("got %+v after reading %q", report, s.reads)
	}
}
