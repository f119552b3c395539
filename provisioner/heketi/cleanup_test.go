package heketi

import (
	"context"
	"slices"
	"testing"
)

// cleaning is a heketi that can be asked to clean up, where gluster has nothing of what it
// was interrupted in.
func cleaning(a answers) answers {
	a[cleanUp] = []answer{accepted("/queue/clean")}
	a[cleaned] = []answer{pending, gone}
	if a[lookAtIt] == nil {
		a[lookAtIt] = []answer{storage{}.answer}
	}
	return a
}

var (
	unsettled = dumps(entry{made(), "op-77"})
	finished  = dumps(entry{Volume: made()})
	known     = jsonOf(map[string]any{"id": "c1", "nodes": []string{}, "volumes": []string{}})
)

// inUse is what heketi answers to a delete of a volume that it works on.
const inUse = "Failed to set up volume delete: The target exists, contains other items, or is in use."

func TestFindHasHeketiCleanUpWhatItWasInterruptedIn(t *testing.T) {
	t.Run("and finds nothing when a create is undone", func(t *testing.T) {
		s := play(t, cleaning(answers{dumpIt: {unsettled, dumps()}}))
		_, err := s.connect(patient()).Find(context.Background(), "pvc-1", nil)
		expectError(t, err, ErrNotFound, certain, `look up volume "pvc-1"`)
		s.expectRequests(dumpIt, lookAtIt, lookAtIt, cleanUp, cleaned, cleaned, dumpIt)
	})
	t.Run("and finds what was finished meanwhile", func(t *testing.T) {
		s := play(t, cleaning(answers{dumpIt: {unsettled, finished}, get: {shows(made())}}))
		got, err := s.connect(patient()).Find(context.Background(), "pvc-1", nil)
		expectVolume(t, got, err, made())
	})
	t.Run("and says when it still works on it", func(t *testing.T) {
		s := play(t, cleaning(answers{dumpIt: {unsettled}}))
		_, err := s.connect(patient()).Find(context.Background(), "pvc-1", nil)
		expectError(t, err, ErrInUse, certain, "op-77", `look up volume "pvc-1"`)
		s.expectRequests(dumpIt, lookAtIt, lookAtIt, cleanUp, cleaned, cleaned, dumpIt)
	})
}

// Without a list of operations heketi would clean up all that there are.
func TestCleaningUpIsOnlyOfThatOperation(t *testing.T) {
	s := play(t, cleaning(answers{dumpIt: {unsettled, dumps()}}))
	_, err := s.connect(patient()).Find(context.Background(), "pvc-1", nil)
	expectError(t, err, ErrNotFound, certain)
	if got, want := s.sent(), []string{`{"operations":["op-77"]}`}; !slices.Equal(got, want) {
		t.Errorf("got request %q, want %q", got, want)
	}
}

func TestCreateAgainAfterHeketiWasRestarted(t *testing.T) {
	s := play(t, cleaning(answers{
		dumpIt: {unsettled, dumps()},
		post:   {accepted(jobPath)}, poll: {moved(v1Path)}, get: {shows(made())},
	}))
	got, err := s.connect(patient()).Create(context.Background(), spec(), true)
	expectVolume(t, got, err, made())
	s.expectRequests(dumpIt, lookAtIt, lookAtIt, cleanUp, cleaned, cleaned, dumpIt, post, poll, get)
}

func TestCreateIsInterruptedByAPendingVolume(t *testing.T) {
	cases := failures()
	cases["it was tried before"] = answers{}
	for what, a := range cases {
		t.Run(what, func(t *testing.T) {
			a[dumpIt] = []answer{unsettled}
			s := play(t, cleaning(a))
			_, err := s.connect(patient()).Create(context.Background(), spec(), what == "it was tried before")
			expectError(t, err, ErrInUse, doubtful, "op-77", "look up volume")
		})
	}
}

// While a storage host is off, heketi can neither make the volume nor undo what it
// made of it; only the job that failed tells why.
func TestCreateThatIsNotUndoneSaysWhyItFailed(t *testing.T) {
	const why = "dial tcp 10.77.0.3:22: connect: connection refused"
	s := play(t, cleaning(answers{
		post: {accepted(jobPath)}, poll: {pending, says(500, why)}, dumpIt: {unsettled},
	}))
	_, err := s.connect(patient()).Create(context.Background(), spec(), false)
	expectError(t, err, ErrInUse, doubtful, "op-77", "storage hosts", why)
}

func TestCreateIsInterruptedWhenCleaningUpFails(t *testing.T) {
	for what, test := range map[string]struct {
		answers answers
		kind    error
	}{
		"refused":        {answers{cleanUp: {says(400, "validation failed")}}, ErrInvalid},
		"failed":         {answers{cleanUp: {accepted("/queue/clean")}, cleaned: {says(500, "Unable to access db")}}, ErrFailed},
		"forgotten":      {answers{cleanUp: {accepted("/queue/clean")}, cleaned: {says(404, forgotten)}}, ErrUnavailable},
		"lost":           {answers{cleanUp: {cut}}, ErrUnavailable},
		"not reached":    {answers{cleanUp: {page(502)}}, ErrUnavailable},
		"of an old kind": {answers{cleanUp: {says(404, "404 page not found")}}, ErrUnavailable},
	} {
		t.Run(what, func(t *testing.T) {
			test.answers[dumpIt], test.answers[lookAtIt] = []answer{unsettled}, []answer{storage{}.answer}
			s := play(t, test.answers)
			_, err := s.connect(patient()).Create(context.Background(), spec(), true)
			expectError(t, err, test.kind, doubtful, "clean up operation op-77")
			if got := s.times(post); got != 0 {
				t.Errorf("asked for %d volumes, want none", got)
			}
		})
	}
}

func TestDeleteAfterHeketiWasRestarted(t *testing.T) {
	for what, refusal := range map[string][]answer{
		"refused at once": {says(500, inUse)},
		"refused by 409":  {says(409, "The target exists, contains other items, or is in use.")},
	} {
		t.Run(what+", and the deletion is finished", func(t *testing.T) {
			s := play(t, cleaning(answers{
				del:    then(slices.Clone(refusal), says(404, forgotten)),
				dumpIt: {unsettled, dumps()}, cluster1: {known},
			}))
			if err := s.connect(patient()).Delete(context.Background(), v1Ref); err != nil {
				t.Errorf("got error %v, want none", err)
			}
			s.expectRequests(del, dumpIt, lookAtIt, lookAtIt, cleanUp, cleaned, cleaned, dumpIt, del, cluster1, lookAtIt)
		})
		t.Run(what+", and the deletion can begin again", func(t *testing.T) {
			s := play(t, cleaning(answers{
				del:    then(slices.Clone(refusal), accepted(jobPath)),
				poll:   {gone},
				dumpIt: {unsettled, finished},
			}))
			if err := s.connect(patient()).Delete(context.Background(), v1Ref); err != nil {
				t.Errorf("got error %v, want none", err)
			}
			s.expectRequests(del, dumpIt, lookAtIt, lookAtIt, cleanUp, cleaned, cleaned, dumpIt, del, poll)
		})
	}
}

func TestDeleteOfAVolumeThatStaysInUse(t *testing.T) {
	t.Run("by an operation", func(t *testing.T) {
		s := play(t, cleaning(answers{del: {says(500, inUse)}, dumpIt: {unsettled}}))
		err := s.connect(patient()).Delete(context.Background(), v1Ref)
		expectError(t, err, ErrInUse, certain, "delete volume v1", "op-77")
		if got := s.times(del); got != 1 {
			t.Errorf("asked for %d deletions, want 1", got)
		}
	})
	t.Run("by block volumes", func(t *testing.T) {
		const said = "Cannot delete a block hosting volume containing block volumes"
		s := play(t, answers{del: {says(409, said)}, dumpIt: {finished}})
		err := s.connect(patient()).Delete(context.Background(), v1Ref)
		expectError(t, err, ErrInUse, certain, "delete volume v1", said)
		if got := s.times(cleanUp); got != 0 {
			t.Errorf("asked for %d clean-ups, want none", got)
		}
	})
	t.Run("as a job says", func(t *testing.T) {
		s := play(t, answers{del: {accepted(jobPath)}, poll: {pending, says(500, inUse)}, dumpIt: {finished}})
		err := s.connect(patient()).Delete(context.Background(), v1Ref)
		expectError(t, err, ErrInUse, certain, "delete volume v1", inUse)
	})
	t.Run("by nobody knows what", func(t *testing.T) {
		s := play(t, answers{del: {says(500, inUse)}, dumpIt: {page(502)}})
		err := s.connect(patient()).Delete(context.Background(), v1Ref)
		expectError(t, err, ErrUnavailable, certain, "delete volume v1", "502")
	})
}
