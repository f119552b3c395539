package heketi

import (
	"context"
	"slices"
	"testing"

	"glusterfs-provisioner/provisioner/gluster"
)

// leaveAlone has an expansion left alone of which gluster has a brick.
func leaveAlone(t *testing.T, s *script, connector *Connector) {
	t.Helper()
	err := grow(context.Background(), s.connectThrough(connector))
	expectError(t, err, ErrHalfDone, certain)
	if got := connector.LeftAlone(); got != 1 {
		t.Fatalf("%d operations are left alone, want 1", got)
	}
}

func TestCleanUpsThatNobodyAskedForAreSeen(t *testing.T) {
	cleaningUp := operation(typeExpandVolume, "stale", substatusInFlight)
	halfDone := looksOf("op-7", kindExpand, []storage{{has: []string{"b1", "b2"}}})
	for what, test := range map[string]struct {
		pendings []answer
		looks    []storage
		// want is what each watch finds: "" for nothing, "at it" or "done".
		want []string
		left int
	}{
		"nobody does anything": {[]answer{stale}, []storage{{}}, []string{"", ""}, 1},
		"heketi is at it":      {[]answer{cleaningUp}, []storage{{}}, []string{"at it", ""}, 1},
		"heketi failed at it":  {[]answer{cleaningUp, stale}, []storage{{}}, []string{"at it", ""}, 1},
		"heketi has failed at it": {
			[]answer{stale}, []storage{{operation: "op-7", kind: kindExpand, has: []string{"b1", "b2"}, unlisted: true}}, []string{"at it", ""}, 1,
		},
		"heketi has done it": {[]answer{atRest}, []storage{{has: []string{"b1", "b2"}}}, []string{"done", ""}, 0},
		"heketi does it":     {[]answer{cleaningUp, atRest}, []storage{{has: []string{"b1", "b2"}}}, []string{"at it", "done", ""}, 0},
		"a person has mended it, and the volume grows": {
			[]answer{atRest}, []storage{{has: []string{"b1", "b2"}}, {operation: "op-8", kind: kindExpand, underWay: true, has: []string{"b1", "b2"}}}, []string{"", ""}, 0,
		},
		"a person has mended it": {[]answer{atRest}, []storage{{has: []string{"b1"}}}, []string{"", ""}, 0},
	} {
		t.Run(what, func(t *testing.T) {
			looks := slices.Clone(halfDone)
			for _, look := range test.looks {
				looks = append(looks, look.answer)
			}
			s := play(t, answers{pendings: {stale}, details7: {changing("v1")}, lookAtIt: looks})
			connector := NewConnector(patient())
			leaveAlone(t, s, connector)
			s.answers[pendings] = test.pendings
			for url := range connector.heketis {
				connector.heketis[url].looks.last = look[*gluster.State]{} // as after a minute
			}
			for i, want := range test.want {
				found, err := connector.WatchLeft(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				got := ""
				if len(found) > 0 {
					got = map[bool]string{false: "at it", true: "done"}[found[0].Done]
					if found[0].Operation != "op-7" || found[0].Heketi != s.server.URL || found[0].Why == nil {
						t.Errorf("found %+v", found[0])
					}
				}
				if got != want {
					t.Errorf("watch %d: got %q, want %q", i+1, got, want)
				}
			}
			if got := connector.LeftAlone(); got != test.left {
				t.Errorf("%d operations are left alone, want %d", got, test.left)
			}
		})
	}
}

func TestWhatIsLeftAloneIsUndoneOnceItMayBe(t *testing.T) {
	s := play(t, cleaning(answers{
		pendings: {stale, stale, atRest}, details7: {changing("v1")}, get: {shows(sized(5))},
		lookAtIt: looksOf("op-7", kindExpand, []storage{{has: []string{"b1"}, silent: "n1"}, {has: []string{"b1"}}}),
	}))
	connector := NewConnector(patient())
	client := s.connectThrough(connector)
	expectError(t, grow(context.Background(), client), ErrInUse, certain, "left alone")
	if err := grow(context.Background(), client); err != nil {
		t.Fatal(err)
	}
	if got := connector.LeftAlone(); got != 0 {
		t.Errorf("%d operations are left alone, want none", got)
	}
}

func TestNothingIsAskedForWhereNothingIsLeftAlone(t *testing.T) {
	s := play(t, answers{get: {shows(made())}})
	connector := NewConnector(patient())
	if _, err := s.connectThrough(connector).Get(context.Background(), "v1"); err != nil {
		t.Fatal(err)
	}
	if found, err := connector.WatchLeft(context.Background()); err != nil || found != nil {
		t.Errorf("got %v, %v", found, err)
	}
	s.expectRequests(get)
}
