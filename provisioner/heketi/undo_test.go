package heketi

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"
)

// What heketi was interrupted in, and what gluster has of it, as looks at it show.
var undoings = map[string]struct {
	looks []storage
	// kind is the error's; nil if heketi may be asked to clean up.
	create, expand error
	said           []string
}{
	"gluster has nothing of it": {looks: []storage{{has: []string{"b1"}}}, create: ErrHalfDone},
	"there is no volume": {
		looks: []storage{{}}, expand: ErrInUse, said: []string{"host-1", "does not know the volume"},
	},
	"gluster has its brick alone": {
		looks: []storage{{has: []string{"b2"}}}, expand: ErrHalfDone, said: []string{"1 of its 1 bricks", "No data is lost", "docs/mending.md"},
	},
	"gluster has its brick beside others": {
		looks: []storage{{has: []string{"b1", "b2"}}}, create: ErrHalfDone, expand: ErrHalfDone, said: []string{"1 of its 1 bricks", "docs/mending.md"},
	},
	"another volume has its brick": {
		looks: []storage{{has: []string{"b2"}, called: "vol_x"}}, create: ErrHalfDone, expand: ErrHalfDone, said: []string{"volume vol_x of gluster"},
	},
	"gluster has its brick a moment later": {
		looks: []storage{{has: []string{"b1"}}, {has: []string{"b1", "b2"}}}, create: ErrHalfDone, expand: ErrHalfDone,
	},
	"a host does not answer": {
		looks: []storage{{has: []string{"b1"}, silent: "n2"}}, create: ErrInUse, expand: ErrInUse, said: []string{"host-2 does not answer", "left alone"},
	},
	"a host does not answer the second time": {
		looks: []storage{{}, {silent: "n1"}}, create: ErrInUse, expand: ErrInUse,
	},
	"a host does not answer and another has its brick": {
		looks: []storage{{has: []string{"b1", "b2"}, silent: "n2"}}, create: ErrHalfDone, expand: ErrHalfDone,
	},
}

// looksOf are the answers to looks at an operation.
func looksOf(operation string, kind int, looks []storage) []answer {
	var all []answer
	for _, look := range looks {
		look.operation, look.kind = operation, kind
		all = append(all, look.answer)
	}
	return all
}

func TestAnExpansionIsUndoneIfGlusterHasNothingOfIt(t *testing.T) {
	for what, test := range undoings {
		t.Run(what, func(t *testing.T) {
			s := play(t, cleaning(answers{
				pendings: {stale, atRest}, details7: {changing("v1")}, get: {shows(sized(2)), shows(sized(5))},
				lookAtIt: append(looksOf("op-7", kindExpand, test.looks), whole.answer),
				expand:   {accepted(jobPath)}, poll: {moved(v1Path)},
			}))
			if len(test.looks) == 1 && test.expand == nil {
				s.answers[lookAtIt] = then(looksOf("op-7", kindExpand, append(test.looks, test.looks...)), whole.answer)
			}
			err := grow(context.Background(), s.connect(patient()))
			expectUndone(t, s, err, test.expand, test.said)
		})
	}
}

func TestACreateIsUndoneIfNobodysBricksGoWithIt(t *testing.T) {
	for what, test := range undoings {
		if test.create != nil && what == "gluster has nothing of it" {
			continue // A volume of that name has a brick that is not the create's.
		}
		t.Run(what, func(t *testing.T) {
			s := play(t, cleaning(answers{
				dumpIt: {unsettled, dumps()}, lookAtIt: looksOf("op-77", kindCreate, test.looks),
			}))
			err := find(context.Background(), s.connect(patient()))
			if test.create == nil && err != nil {
				expectError(t, err, ErrNotFound, certain)
				err = nil
			}
			expectUndone(t, s, err, test.create, test.said)
		})
	}
}

// expectUndone checks whether heketi was asked to clean up, and what came of it.
func expectUndone(t *testing.T, s *script, err, kind error, said []string) {
	t.Helper()
	want := 1
	if kind != nil {
		want = 0
		expectError(t, err, kind, certain, said...)
	} else if err != nil {
		t.Errorf("got error %v, want none", err)
	}
	if got := s.times(cleanUp); got != want {
		t.Errorf("heketi was asked %d times to clean up, want %d", got, want)
	}
}

func TestWhatIsNotUnderstoodIsLeftAlone(t *testing.T) {
	s := play(t, cleaning(answers{
		dumpIt: {unsettled}, lookAtIt: looksOf("op-77", kindClone, []storage{{}}),
	}))
	err := find(context.Background(), s.connect(patient()))
	expectError(t, err, ErrInUse, certain, "clone-volume")
	s.expectRequests(dumpIt, lookAtIt)
}

func TestAHeketiThatCannotTellIsAskedToUndoNothing(t *testing.T) {
	for what, test := range brokenReads {
		t.Run(what, func(t *testing.T) {
			s := play(t, cleaning(answers{pendings: {stale}, details7: {changing("v1")}, lookAtIt: {test.answer}}))
			err := grow(context.Background(), s.connect(patient()))
			expectError(t, err, test.kind, certain, "left alone", test.said)
			if got := s.times(cleanUp); got != 0 {
				t.Errorf("asked for %d clean-ups, want none", got)
			}
		})
	}
}

// A command of heketi's that was cut off may still be carried out by gluster.
func TestGlusterIsGivenTimeBeforeAnythingIsUndone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, cleaning(answers{
			dumpIt: {unsettled, dumps()}, lookAtIt: looksOf("op-77", kindCreate, []storage{{}}),
		}))
		begun := time.Now()
		expectError(t, find(t.Context(), s.connect(DefaultConfig())), ErrNotFound, certain)
		expectTook(t, begun, 30*time.Second, 31*time.Second)
		s.expectRequests(dumpIt, lookAtIt, lookAtIt, cleanUp, cleaned, cleaned, dumpIt)
	})
}

func TestManyShareALookAtGluster(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, answers{lookAtIt: {slowly(5*time.Second, whole.answer)}})
		connector := NewConnector(DefaultConfig())
		var all sync.WaitGroup
		for range 20 {
			client := s.connectThrough(connector)
			all.Go(func() {
				if _, err := client.Gluster(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := s.times(lookAtIt); got > 2 {
			t.Errorf("heketi was asked %d times, want 2 at most", got)
		}
	})
}

func slowly(after time.Duration, a answer) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(after)
		a(w, r)
	}
}

// Whoever looks first may give up.
func TestALookAtGlusterEndsWithWhoeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, answers{lookAtIt: {slowly(5*time.Second, whole.answer)}})
		client := s.connect(DefaultConfig())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		_, err := client.Gluster(ctx)
		expectError(t, err, ErrUnavailable, certain)
		expectTook(t, begun, time.Second, 2*time.Second)
		time.Sleep(5 * time.Second)
	})
}

// A look that takes long, since a storage host hangs, does not make heketi one that
// does not answer.
func TestASlowLookDisturbsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, answers{lookAtIt: {slowly(3*time.Minute, whole.answer)}, get: {shows(made())}})
		client := s.connect(DefaultConfig())
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := client.Gluster(t.Context()); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(time.Minute)
		got, err := client.Get(t.Context(), "v1")
		expectVolume(t, got, err, made())
		all.Wait()
	})
}

func TestExpandAsksForNothingWhereGlusterHasMoreBricks(t *testing.T) {
	more := storage{has: []string{"b1", "b3"}}
	t.Run("for good", func(t *testing.T) {
		s := play(t, answers{pendings: {atRest}, get: {shows(sized(2))}, lookAtIt: {more.answer}})
		err := grow(context.Background(), s.connect(patient()))
		expectError(t, err, ErrHalfDone, certain, "expand volume v1", "1 bricks that heketi does not count", pathOf("b3"), "docs/mending.md")
		if got := s.times(expand); got != 0 {
			t.Errorf("asked for %d expansions, want none", got)
		}
	})
	t.Run("since the last look", func(t *testing.T) {
		s := play(t, answers{
			pendings: {atRest}, get: {shows(sized(2)), shows(sized(5)), shows(sized(2))}, lookAtIt: {whole.answer, more.answer},
			expand: {accepted(jobPath)}, poll: {moved(v1Path)},
		})
		client := s.connect(patient())
		if err := grow(context.Background(), client); err != nil {
			t.Error(err)
		}
		expectError(t, grow(context.Background(), client), ErrHalfDone, certain)
	})
	t.Run("but those that were added during the look", func(t *testing.T) {
		s := play(t, answers{
			pendings: {atRest}, get: {shows(sized(2)), shows(sized(5))}, lookAtIt: {more.answer, whole.answer},
			expand: {accepted(jobPath)}, poll: {moved(v1Path)},
		})
		if err := grow(context.Background(), s.connect(patient())); err != nil {
			t.Error(err)
		}
		s.expectRequests(pendings, get, lookAtIt, lookAtIt, expand, poll, get)
	})
	t.Run("and heketi does not tell a second time", func(t *testing.T) {
		s := play(t, answers{pendings: {atRest}, get: {shows(sized(2))}, lookAtIt: {more.answer, says(503, "later")}})
		expectError(t, grow(context.Background(), s.connect(patient())), ErrUnavailable, certain)
		if got := s.times(expand); got != 0 {
			t.Errorf("asked for %d expansions, want none", got)
		}
	})
	t.Run("as far as heketi can tell", func(t *testing.T) {
		for what, test := range brokenReads {
			s := play(t, answers{
				pendings: {atRest}, get: {shows(sized(2)), shows(sized(5))}, lookAtIt: {test.answer},
				expand: {accepted(jobPath)}, poll: {moved(v1Path)},
			})
			if err := grow(context.Background(), s.connect(patient())); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	})
}

func TestExpandAsksForNothingWhereGlusterWouldHideFiles(t *testing.T) {
	hiding := whole
	hiding.hides = true
	s := play(t, answers{
		pendings: {atRest}, get: {shows(sized(2)), shows(sized(2)), shows(sized(5))}, lookAtIt: {hiding.answer, whole.answer},
		expand: {accepted(jobPath)}, poll: {moved(v1Path)},
	})
	client := s.connect(patient())
	err := grow(context.Background(), client)
	expectError(t, err, ErrHidesFiles, certain, "expand volume v1", "gluster volume set "+made().Name+" cluster.lookup-optimize off", "docs/growing.md")
	if got := s.times(expand); got != 0 {
		t.Errorf("asked for %d expansions, want none", got)
	}
	if err := grow(context.Background(), client); err != nil {
		t.Errorf("after the option was set: %v", err)
	}
}

func TestDeleteOfAVolumeInWhoseExpansionHeketiWasInterrupted(t *testing.T) {
	expanding := func(w http.ResponseWriter, r *http.Request) {
		jsonOf(map[string]any{
			"clusterentries": map[string]any{"c1": map[string]any{}},
			"volumeentries":  map[string]any{"v1": map[string]any{"Info": infoOf(made())}},
			"pendingoperations": map[string]any{"op-7": map[string]any{
				"Id": "op-7", "Type": kindExpand, "Status": "failed", "Actions": storage{kind: kindExpand}.changes(),
			}},
		})(w, r)
	}
	t.Run("and gluster has nothing of it", func(t *testing.T) {
		s := play(t, cleaning(answers{
			del: {says(500, inUse), accepted(jobPath)}, poll: {gone}, dumpIt: {expanding, finished},
			lookAtIt: looksOf("op-7", kindExpand, []storage{{has: []string{"b1"}}}),
		}))
		if err := remove(context.Background(), s.connect(patient())); err != nil {
			t.Errorf("got error %v, want none", err)
		}
		s.expectRequests(del, dumpIt, lookAtIt, lookAtIt, cleanUp, cleaned, cleaned, dumpIt, del, poll)
	})
	t.Run("and gluster has its bricks", func(t *testing.T) {
		s := play(t, cleaning(answers{
			del: {says(500, inUse)}, dumpIt: {expanding},
			lookAtIt: looksOf("op-7", kindExpand, []storage{{has: []string{"b1", "b2"}}}),
		}))
		expectError(t, remove(context.Background(), s.connect(patient())), ErrHalfDone, certain, "op-7", "docs/mending.md")
		s.expectRequests(del, dumpIt, lookAtIt)
	})
}

func TestCleanUpOfAllThatHeketiWasInterruptedIn(t *testing.T) {
	of := func(operations ...api.PendingOperationInfo) answer {
		return jsonOf(api.PendingOperationListResponse{PendingOperations: append([]api.PendingOperationInfo{}, operations...)})
	}
	for what, test := range map[string]struct {
		pending answer
		look    storage
		asked   int
		kind    error
	}{
		"nothing": {of(), storage{}, 0, nil},
		"an expansion that gluster has nothing of": {
			of(api.PendingOperationInfo{Id: "op-7", TypeName: typeExpandVolume, Status: "stale"}), storage{operation: "op-7", kind: kindExpand, has: []string{"b1"}}, 1, nil,
		},
		"an expansion that gluster has": {
			of(api.PendingOperationInfo{Id: "op-7", TypeName: typeExpandVolume, Status: "failed"}), storage{operation: "op-7", kind: kindExpand, has: []string{"b1", "b2"}}, 0, ErrHalfDone,
		},
		"a create that gluster has nothing of": {
			of(api.PendingOperationInfo{Id: "op-7", TypeName: "create-volume", Status: "stale"}), storage{operation: "op-7", kind: kindCreate}, 1, nil,
		},
		// Whose it is, is not known here.
		"a create that gluster has": {
			of(api.PendingOperationInfo{Id: "op-7", TypeName: "create-volume", Status: "stale"}), storage{operation: "op-7", kind: kindCreate, has: []string{"b2"}}, 0, ErrHalfDone,
		},
		"what is under way": {
			of(api.PendingOperationInfo{Id: "op-7", TypeName: "create-volume", SubStatus: substatusInFlight}, api.PendingOperationInfo{Id: "op-8", TypeName: "create-volume", Status: "stale", SubStatus: substatusInFlight}), storage{}, 0, nil,
		},
		"what is of another kind": {of(api.PendingOperationInfo{Id: "op-7", TypeName: "clone-volume", Status: "stale"}), storage{}, 0, nil},
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t, cleaning(answers{pendings: {test.pending}, lookAtIt: {test.look.answer}}))
			err := s.connect(patient()).CleanUp(context.Background())
			if !errors.Is(err, test.kind) {
				t.Errorf("got error %v, want %v", err, test.kind)
			}
			if got := s.times(cleanUp); got != test.asked {
				t.Errorf("heketi was asked %d times to clean up, want %d", got, test.asked)
			}
		})
	}
}
