package heketi

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

var busy = says(429, "Server busy. Retry operation later.")

func TestABusyHeketiIsWaitedFor(t *testing.T) {
	for _, while := range []time.Duration{time.Millisecond, time.Second, 17 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := playInMemory(t, answers{
				post: {until(while, busy, accepted(jobPath))}, poll: {moved(v1Path)}, get: {shows(made())},
			})
			client := s.connect(DefaultConfig())
			got, err := client.Create(t.Context(), spec(), false)
			expectVolume(t, got, err, made())
		})
	}
}

func TestABusyHeketiIsGivenTheWholeRequestEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, answers{post: {busy, busy, accepted(jobPath)}, poll: {moved(v1Path)}, get: {shows(made())}})
		got, err := s.connect(DefaultConfig()).Create(t.Context(), spec(), false)
		expectVolume(t, got, err, made())
		bodies := s.sent()
		if len(bodies) != 3 {
			t.Fatalf("got %d requests with a body, want 3", len(bodies))
		}
		for _, body := range bodies {
			if body != bodies[0] {
				t.Errorf("got request %s, want %s again", body, bodies[0])
			}
		}
	})
}

func TestAHeketiThatStaysBusyIsAnError(t *testing.T) {
	for what, test := range map[string]struct {
		call    call
		answers answers
	}{
		"create": {create, answers{post: {busy}}},
		"delete": {remove, answers{del: {busy}}},
		"find":   {find, answers{dumpIt: {busy}}},
	} {
		inABubble(t, what, func(t *testing.T) {
			s := playInMemory(t, test.answers)
			begun := time.Now()
			err := test.call(t.Context(), s.connect(DefaultConfig()))
			expectError(t, err, ErrBusy, certain, "Server busy. Retry operation later.")
			expectTook(t, begun, 20*time.Second, 24*time.Second)
			if got := len(s.requests()); got < 5 || got > 80 {
				t.Errorf("got %d requests within 20 s, want some but not many", got)
			}
		})
	}
}

// What was answered 429 was not begun, whatever becomes of the next attempt.
func TestAHeketiThatIsBusyAndThenGoneHasBegunNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s *script
		s = playInMemory(t, answers{post: {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			busy(w, r)
			_ = s.server.Listener.Close()
		}}})
		_, err := s.connect(DefaultConfig()).Create(t.Context(), spec(), false)
		expectError(t, err, ErrUnavailable, certain, "connection refused")
	})
}

func TestAHeketiThatIsBusyAndThenSilentMayHaveBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := playInMemory(t, answers{post: {busy, cut}})
		_, err := s.connect(DefaultConfig()).Create(t.Context(), spec(), false)
		expectError(t, err, ErrUnavailable, doubtful)
	})
}
