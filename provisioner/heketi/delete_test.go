package heketi

import (
	"context"
	"errors"
	"testing"
)

func TestDeleteDeletesTheVolume(t *testing.T) {
	s := play(t, answers{del: {accepted(jobPath)}, poll: then(often(2, pending), gone)})
	if err := s.connect(patient()).Delete(context.Background(), v1Ref); err != nil {
		t.Errorf("got error %v", err)
	}
	s.expectRequests(del, poll, poll, poll)
}

func TestDeleteIsRefused(t *testing.T) {
	for _, test := range refusals {
		t.Run(test.what, func(t *testing.T) {
			s := play(t, answers{del: {test.answer}})
			err := s.connect(patient()).Delete(context.Background(), v1Ref)
			expectError(t, err, test.kind, test.interrupted, "delete volume v1", test.said)
			s.expectRequests(del)
		})
	}
}

func TestDeleteSaysWhyItsJobFailed(t *testing.T) {
	const said = "Unable to execute command on gluster-1: volume delete: v1: failed"
	s := play(t, answers{del: {accepted(jobPath)}, poll: {pending, says(500, said)}})
	err := s.connect(patient()).Delete(context.Background(), v1Ref)
	expectError(t, err, ErrFailed, certain, said)
}

func TestDeleteOfAVolumeThatHeketiDoesNotKnow(t *testing.T) {
	for what, test := range map[string]struct {
		cluster string
		answer  answer
		kind    error // nil if the volume is gone
		said    string
	}{
		"in a cluster that it knows":          {"c1", known, nil, ""},
		"in a cluster that it does not know":  {"c1", says(404, forgotten), ErrForeign, "neither the volume nor its cluster c1"},
		"in a cluster that has the volume":    {"c1", jsonOf(map[string]any{"id": "c1", "volumes": []string{"v0", "v1"}}), ErrForeign, "more than one heketi"},
		"in a cluster that was not recorded":  {"", nil, ErrForeign, "not recorded"},
		"when a gateway has lost heketi":      {"c1", page(502), ErrUnavailable, "502"},
		"when a gateway knows no clusters":    {"c1", page(404), ErrUnavailable, "404"},
		"when a page answers for the cluster": {"c1", page(200), ErrUnavailable, ""},
		"when nothing answers for it":         {"c1", cut, ErrUnavailable, ""},
		"when heketi fails":                   {"c1", says(500, "Unable to access db"), ErrFailed, "Unable to access db"},
		"when heketi wants another key":       {"c1", says(401, "Invalid JWT token"), ErrUnauthorized, "Invalid JWT token"},
		"when the answer names no cluster":    {"c1", body(`{}`), ErrUnavailable, ""},
		"when the answer is another cluster":  {"c1", jsonOf(map[string]any{"id": "c2"}), ErrUnavailable, ""},
	} {
		t.Run(what, func(t *testing.T) {
			a := answers{del: {says(404, forgotten)}, lookAtIt: {storage{}.answer}}
			if test.answer != nil {
				// More than one, because http.Client itself repeats a GET.
				a[cluster1] = often(3, test.answer)
			}
			s := play(t, a)
			err := s.connect(patient()).Delete(context.Background(), Ref{ID: "v1", Name: "pvc-1", Cluster: test.cluster})
			if test.kind == nil {
				if err != nil {
					t.Errorf("got error %v, want none", err)
				}
				return
			}
			expectError(t, err, test.kind, certain, "delete volume v1", test.said)
		})
	}
}

// heketi restarted after the deletion, so its queue knew nothing of it.
func TestDeleteAgainAfterTheJobWasForgotten(t *testing.T) {
	s := play(t, answers{
		del:      {accepted(jobPath), says(404, forgotten)},
		poll:     {pending, says(404, forgotten)},
		cluster1: {jsonOf(map[string]string{"id": "c1"})},
		lookAtIt: {storage{}.answer},
	})
	client := s.connect(patient())
	err := client.Delete(context.Background(), v1Ref)
	expectError(t, err, ErrUnavailable, doubtful, "may have restarted")
	if err := client.Delete(context.Background(), v1Ref); err != nil {
		t.Errorf("the second deletion: got error %v, want none", err)
	}
	s.expectRequests(del, poll, poll, del, cluster1, lookAtIt)
}

// A heketi whose database is older than the volume does not know it, but gluster does.
func TestDeleteNamed(t *testing.T) {
	ctx := context.Background()
	t.Run("what there is", func(t *testing.T) {
		s := play(t, answers{dumpIt: {finished}, get: {shows(made())}, del: {accepted(jobPath)}, poll: {gone}})
		if err := s.connect(patient()).DeleteNamed(ctx, "pvc-1", nil); err != nil {
			t.Error(err)
		}
		s.expectRequests(dumpIt, get, del, poll)
	})
	lacking := func(look ...answer) error {
		return play(t, answers{dumpIt: {dumps()}, lookAtIt: look}).connect(patient()).DeleteNamed(ctx, "pvc-1", nil)
	}
	for what, look := range map[string]answer{"nobody has it": storage{}.answer, "nobody has it, and one is silent": storage{silent: "n1"}.answer} {
		if err := lacking(look); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	expectError(t, lacking(storage{has: []string{"b1"}, silent: "n1"}.answer), ErrForeign, certain, `delete volume "pvc-1"`, "gluster has volume pvc-1", "older copy")
	expectAsksAgain(t, lacking)
	expectError(t, play(t, answers{dumpIt: {says(500, "Unable to access db")}}).connect(patient()).DeleteNamed(ctx, "pvc-1", nil), ErrFailed, certain)
}

func TestDeleteOfAVolumeThatOnlyGlusterHas(t *testing.T) {
	unknown := func(look ...answer) *script {
		return play(t, answers{del: {says(404, forgotten)}, cluster1: {known}, lookAtIt: look})
	}
	expectError(t, unknown(storage{has: []string{"b1"}}.answer).connect(patient()).Delete(context.Background(), v1Ref), ErrForeign, certain, "gluster has volume pvc-1", "older copy")
	expectError(t, unknown(storage{has: []string{"b1"}, silent: "n1"}.answer).connect(patient()).Delete(context.Background(), v1Ref), ErrForeign, certain)
	expectError(t, unknown(storage{silent: "n1"}.answer).connect(patient()).Delete(context.Background(), v1Ref), ErrUnavailable, certain, "more than half of them")
	expectAsksAgain(t, func(look ...answer) error {
		return unknown(look...).connect(patient()).Delete(context.Background(), v1Ref)
	})
}

// expectAsksAgain expects that a deletion proves nothing while heketi fails to tell what
// gluster has, and that heketi's word counts with those whom it never tells.
func expectAsksAgain(t *testing.T, deletion func(look ...answer) error) {
	t.Helper()
	for what, test := range brokenReads {
		err := deletion(often(3, test.answer)...)
		if errors.Is(test.kind, ErrUnauthorized) || errors.Is(test.kind, ErrTooOld) {
			if err != nil {
				t.Errorf("%s: got %v, want heketi's word to count with those whom it never tells", what, err)
			}
			continue
		}
		t.Run(what, func(t *testing.T) {
			expectError(t, err, ErrUnavailable, certain, "does not tell whether gluster has it", test.said)
		})
	}
}
