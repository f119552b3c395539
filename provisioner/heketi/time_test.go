package heketi

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// These tests have a fake clock, so that they wait as long as in earnest.

// inABubble runs a test with a clock of its own, which goes on when all wait.
func inABubble(t *testing.T, what string, test func(*testing.T)) {
	t.Helper()
	t.Run(what, func(t *testing.T) { synctest.Test(t, test) })
}

// until answers one way for a while after its first request, and another way
// from then on.
func until(while time.Duration, first, after answer) answer {
	var begun time.Time
	return func(w http.ResponseWriter, r *http.Request) {
		if begun.IsZero() {
			begun = time.Now()
		}
		if time.Since(begun) < while {
			first(w, r)
		} else {
			after(w, r)
		}
	}
}

func expectTook(t *testing.T, begun time.Time, atLeast, atMost time.Duration) {
	t.Helper()
	if took := time.Since(begun); took < atLeast || took > atMost {
		t.Errorf("it took %v, want %v to %v", took, atLeast, atMost)
	}
}

func TestARequestWithoutAnAnswerEnds(t *testing.T) {
	for what, test := range map[string]struct {
		call        call
		answers     answers
		interrupted bool
	}{
		"create": {create, answers{post: {silent}}, doubtful},
		"delete": {remove, answers{del: {silent}}, doubtful},
		"find":   {find, answers{dumpIt: {silent}}, certain},
		"get":    {show, answers{get: {silent}}, certain},
		"list":   {createAnywhere, answers{listThem: {silent}}, certain},
		"half a dump": {find, answers{dumpIt: {func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("{"))
			_ = http.NewResponseController(w).Flush()
			silent(w, r)
		}}}, certain},
	} {
		inABubble(t, what, func(t *testing.T) {
			s := playInMemory(t, test.answers)
			begun := time.Now()
			err := test.call(t.Context(), s.connect(DefaultConfig()))
			expectError(t, err, ErrUnavailable, test.interrupted)
			expectTook(t, begun, 30*time.Second, 31*time.Second)
		})
	}
}

func TestARequestWithoutAnAnswerSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, answers{get: {silent}})
		_, err := s.connect(DefaultConfig()).Get(t.Context(), "v1")
		expectError(t, err, ErrUnavailable, certain, "no answer within 30s")
	})
}

func TestAJobWithoutAnEndIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, answers{post: {accepted(jobPath)}, poll: {pending}})
		begun := time.Now()
		_, err := s.connect(DefaultConfig()).Create(t.Context(), spec(), false)
		expectError(t, err, ErrUnavailable, doubtful, "not finished within 10m0s")
		expectTook(t, begun, 10*time.Minute, 10*time.Minute+time.Second)
		if got := s.times(poll); got < 250 || got > 450 {
			t.Errorf("got %d polls within 10 minutes, want one every 2 seconds or so", got)
		}
	})
}

func TestTheEndOfAJobIsNoticedSoon(t *testing.T) {
	for _, lasts := range []time.Duration{0, 50 * time.Millisecond, time.Second, 10 * time.Second, time.Minute, 9 * time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s := playInMemory(t, answers{post: {accepted(jobPath)}, poll: {until(lasts, pending, moved(v1Path))}, get: {shows(made())}})
			begun := time.Now()
			got, err := s.connect(DefaultConfig()).Create(t.Context(), spec(), false)
			expectVolume(t, got, err, made())
			expectTook(t, begun, lasts, lasts+min(lasts/8, 2*time.Second)+50*time.Millisecond)
		})
	}
}

func TestPollsMayFailForAsLongAsARequestMayTake(t *testing.T) {
	for what, failing := range map[string]answer{"cut": cut, "gateway": page(502), "busy": says(429, "Server busy. Retry operation later.")} {
		inABubble(t, what, func(t *testing.T) {
			s := playInMemory(t, answers{del: {accepted(jobPath)}, poll: {pending, until(28*time.Second, failing, gone)}})
			if err := s.connect(DefaultConfig()).Delete(t.Context(), v1Ref); err != nil {
				t.Errorf("got error %v, want none", err)
			}
		})
	}
}

func TestPollsThatFailForLongerAreGivenUp(t *testing.T) {
	for what, test := range map[string]struct {
		answer answer
		kind   error
		most   time.Duration
	}{
		"cut":     {cut, ErrUnavailable, 35 * time.Second},
		"gateway": {page(502), ErrUnavailable, 35 * time.Second},
		"busy":    {says(429, "Server busy. Retry operation later."), ErrBusy, 35 * time.Second},
		"silent":  {silent, ErrUnavailable, 95 * time.Second},
	} {
		inABubble(t, what, func(t *testing.T) {
			s := playInMemory(t, answers{post: {accepted(jobPath)}, poll: {pending, test.answer}})
			begun := time.Now()
			_, err := s.connect(DefaultConfig()).Create(t.Context(), spec(), false)
			expectError(t, err, test.kind, doubtful)
			expectTook(t, begun, 30*time.Second, test.most)
		})
	}
}

// It is failing polls in a row that count.
func TestPollsMayFailNowAndAgainForAllTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		s := playInMemory(t, answers{del: {accepted(jobPath)}, poll: {func(w http.ResponseWriter, r *http.Request) {
			switch minute := time.Since(begun) / time.Minute; {
			case minute >= 5:
				gone(w, r)
			case time.Since(begun)%time.Minute < 25*time.Second:
				page(502)(w, r)
			default:
				pending(w, r)
			}
		}}})
		if err := s.connect(DefaultConfig()).Delete(t.Context(), v1Ref); err != nil {
			t.Errorf("got error %v, want none", err)
		}
	})
}

func TestTheContextEndsAnOperationAtOnce(t *testing.T) {
	for what, test := range map[string]struct {
		answers     answers
		kind        error
		interrupted bool
	}{
		"before an answer":       {answers{post: {silent}}, ErrUnavailable, doubtful},
		"between polls":          {answers{post: {accepted(jobPath)}, poll: {pending}}, ErrUnavailable, doubtful},
		"during a poll":          {answers{post: {accepted(jobPath)}, poll: {pending, silent}}, ErrUnavailable, doubtful},
		"between failing polls":  {answers{post: {accepted(jobPath)}, poll: {cut}}, ErrUnavailable, doubtful},
		"while heketi is busy":   {answers{post: {says(429, "Server busy. Retry operation later.")}}, ErrBusy, certain},
		"during the list":        {answers{listThem: {silent}}, ErrUnavailable, certain},
		"after a gateway's fail": {answers{post: {accepted(jobPath)}, poll: {pending, page(502)}}, ErrUnavailable, doubtful},
	} {
		inABubble(t, what, func(t *testing.T) {
			stop := errors.New("the provisioner is shutting down")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(7*time.Second, func() { cancel(stop) })
			s := playInMemory(t, test.answers)
			asked := spec()
			if test.answers[listThem] != nil {
				asked = anywhere()
			}
			begun := time.Now()
			_, err := s.connect(DefaultConfig()).Create(ctx, asked, false)
			expectError(t, err, test.kind, test.interrupted, stop.Error())
			expectTook(t, begun, 7*time.Second, 7*time.Second)
			time.Sleep(DefaultConfig().RequestTimeout) // A list of clusters goes on for others.
		})
	}
}

func TestPollPause(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct{ age, lately, want time.Duration }{
		{0, 0, 10 * ms},
		{100 * ms, 0, 10 * ms},
		{160 * ms, 0, 10 * ms},
		{320 * ms, 0, 20 * ms},
		{16 * time.Second, 0, time.Second},
		{32 * time.Second, 0, 2 * time.Second},
		{10 * time.Minute, 0, 2 * time.Second},
		{0, 15 * ms, 10 * ms},
		{0, 400 * ms, 200 * ms},
		{150 * ms, 400 * ms, 50 * ms},
		{200 * ms, 400 * ms, 200 * ms / 16},
		{time.Second, 400 * ms, time.Second / 16},
		{0, time.Hour, 2 * time.Second},
	} {
		if got := pollPause(test.age, test.lately); got != test.want {
			t.Errorf("%+v: got %v", test, got)
		}
	}
}

// A heketi that takes long has something else to do than to answer polls; one that
// has become faster is not waited for as if it had not.
func TestPollsFollowWhatOperationsTookLately(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var begun time.Time
		lasting := 2 * time.Second
		s := playInMemory(t, answers{
			del: {func(w http.ResponseWriter, r *http.Request) {
				begun = time.Now()
				accepted(jobPath)(w, r)
			}},
			poll: {func(w http.ResponseWriter, r *http.Request) {
				if time.Since(begun) < lasting {
					pending(w, r)
				} else {
					gone(w, r)
				}
			}},
		})
		client := s.connect(DefaultConfig())
		remove := func() (polls int, took time.Duration) {
			t.Helper()
			before, begun := s.times(poll), time.Now()
			if err := client.Delete(t.Context(), v1Ref); err != nil {
				t.Fatal(err)
			}
			return s.times(poll) - before, time.Since(begun)
		}
		first, _ := remove()
		second, took := remove()
		if second > first/2 || took > lasting*9/8 {
			t.Errorf("got %d polls, then %d of an operation that lasts as long and was seen to end after %v, want half as many and no delay", first, second, took)
		}
		lasting = 20 * time.Millisecond
		for _, most := range []time.Duration{1100, 600, 300, 150, 80, 40, 40} {
			if _, took = remove(); took > most*time.Millisecond {
				t.Errorf("an operation of %v was seen to end after %v, want %v at most", lasting, took, most*time.Millisecond)
			}
		}
	})
}
