package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"glusterfs-provisioner/keeper/tokens"
)

// keys are those of the clients, and inner those that only the gateway has.
var (
	keys  = map[string]string{tokens.Admin: "admin's", tokens.User: "user's"}
	inner = map[string]string{tokens.Admin: "inner admin's", tokens.User: "inner user's"}
)

// scene is a gateway before something that answers like heketi, whose database is how many changes
// it has seen.
type scene struct {
	*Gateway
	url    *url.URL
	server *httptest.Server

	mu       sync.Mutex
	database int
	saved    int
	jobs     map[string]int // the statuses that they end with
	fails    error
	users    []string
	// cannotSave is why saving fails once the database has seen so many changes.
	cannotSave error
	from       int
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{jobs: map[string]int{}}
	heketi := httptest.NewServer(http.HandlerFunc(s.heketi))
	t.Cleanup(heketi.Close)
	var err error
	if s.url, err = url.Parse(heketi.URL); err != nil {
		t.Fatal(err)
	}
	s.Gateway = New(s, s, func() (map[string]string, error) { return keys, nil })
	s.server = httptest.NewServer(s.Gateway)
	t.Cleanup(s.server.Close)
	return s
}

func (s *scene) URL() *url.URL                { return s.url }
func (s *scene) Transport() http.RoundTripper { return http.DefaultTransport }
func (s *scene) Sign(request *http.Request, user string) error {
	return tokens.Sign(request, user, inner[user])
}

func (s *scene) Save(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails == nil && s.cannotSave != nil && s.database >= s.from {
		s.fails = s.cannotSave
	}
	if s.fails == nil {
		s.saved = s.database
	}
	return s.fails
}

func (s *scene) Ready(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fails
}

func (s *scene) heketi(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.URL.Path == "/hello" {
		fmt.Fprint(w, "Hello from Heketi")
		return
	}
	user, err := tokens.SignedBy(r, inner)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	s.users = append(s.users, user)
	if job, is := strings.CutPrefix(r.URL.Path, "/queue/"); is {
		status, known := s.jobs[job]
		if !known {
			http.Error(w, "Id not found", http.StatusNotFound)
			return
		}
		if status == http.StatusOK {
			w.Header().Set("X-Pending", "true")
			return
		}
		delete(s.jobs, job)
		w.Header().Set("Location", "/volumes/1")
		w.WriteHeader(status)
		if status == http.StatusInternalServerError {
			fmt.Fprint(w, "No space")
		}
		return
	}
	if r.Method != http.MethodGet || strings.HasSuffix(r.URL.Path, "/resync") {
		s.database++
		if r.URL.Path == "/clusters" || movesBricks(r) {
			s.jobs["a1"] = http.StatusOK
			w.Header().Set("Location", "/queue/a1")
		}
		w.WriteHeader(http.StatusAccepted)
	}
	fmt.Fprint(w, "answer")
}

func (s *scene) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails, s.cannotSave = err, nil
}

// failsFrom has saving fail once the database has seen so many changes.
func (s *scene) failsFrom(err error, changes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cannotSave, s.from = err, changes
}

// ask sends a request as the user, and expects that what changes is saved once it is answered.
func (s *scene) ask(t *testing.T, user, method, path string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.server.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if user != "" {
		if err := tokens.Sign(request, user, keys[user]); err != nil {
			t.Fatal(err)
		}
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	s.mu.Lock()
	if response.StatusCode != http.StatusServiceUnavailable && s.saved != s.database {
		t.Errorf("%s %s is answered with %s, and change %d of %d is saved", method, path, response.Status, s.saved, s.database)
	}
	s.mu.Unlock()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for _, test := range []struct {
		user, method, path string
		status             int
	}{
		{"", http.MethodGet, "/hello", http.StatusOK},
		{"", http.MethodPost, "/hello", http.StatusUnauthorized},
		{"", http.MethodGet, "/volumes", http.StatusUnauthorized},
		{"", http.MethodGet, "/backup/db", http.StatusUnauthorized},
		{"", http.MethodGet, "/queue/1", http.StatusUnauthorized},
		{"", http.MethodDelete, "/volumes/1", http.StatusUnauthorized},
		{tokens.User, http.MethodGet, "/volumes", http.StatusOK},
		{tokens.Admin, http.MethodGet, "/volumes", http.StatusOK},
		{tokens.Admin, http.MethodPost, "/volumes", http.StatusAccepted},
	} {
		if status, body := s.ask(t, test.user, test.method, test.path); status != test.status {
			t.Errorf("%s %s of %q is answered with %d %s, want %d", test.method, test.path, test.user, status, body, test.status)
		}
	}
	if got := strings.Join(s.users, " "); got != "user admin admin" {
		t.Errorf("heketi was asked by %s", got)
	}
}

func TestChangesAreSavedBeforeTheyAreAnswered(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	for method, path := range map[string]string{
		http.MethodPost: "/volumes", http.MethodDelete: "/volumes/1", http.MethodPut: "/x", http.MethodGet: "/devices/1/resync",
	} {
		if status, _ := s.ask(t, tokens.Admin, method, path); status != http.StatusAccepted {
			t.Errorf("%s %s is answered with %d", method, path, status)
		}
	}
	if s.saved != 4 {
		t.Errorf("%d changes are saved", s.saved)
	}
	// Nothing is begun while nothing can be saved.
	s.fail(errors.New("the API server is away"))
	if status, body := s.ask(t, tokens.Admin, http.MethodPost, "/volumes"); status != http.StatusServiceUnavailable || s.database != 4 ||
		!strings.Contains(body, "nothing was begun") || !strings.Contains(body, "the API server is away") {
		t.Errorf("it is answered with %d %s, and heketi has seen %d changes", status, body, s.database)
	}
	if status, _ := s.ask(t, tokens.Admin, http.MethodGet, "/volumes"); status != http.StatusOK {
		t.Errorf("what changes nothing is answered with %d", status)
	}
}

// TestWhatIsToldIsSaved reads while nothing can be saved: what was changed and not saved is not told, neither what
// a request has changed nor what a job has, whose end nobody has asked for. What is saved is told all along.
func TestWhatIsToldIsSaved(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	read := func(want int) {
		t.Helper()
		if status, body := s.ask(t, tokens.Admin, http.MethodGet, "/volumes"); status != want {
			t.Errorf("it is answered with %d %s, want %d", status, body, want)
		}
	}
	away := errors.New("the API server is away")
	s.fail(away)
	read(http.StatusOK)
	s.fail(nil)
	s.failsFrom(away, s.database+1)
	if status, _ := s.ask(t, tokens.Admin, http.MethodPost, "/volumes"); status != http.StatusServiceUnavailable {
		t.Fatalf("a change that is not saved is answered with %d", status)
	}
	read(http.StatusServiceUnavailable)
	s.fail(nil)
	read(http.StatusOK)
	s.fail(away)
	read(http.StatusOK)

	s.fail(nil)
	if status, _ := s.ask(t, tokens.Admin, http.MethodPost, "/clusters"); status != http.StatusAccepted {
		t.Fatalf("a job is answered with %d", status)
	}
	read(http.StatusOK)
	s.mu.Lock()
	s.database++
	s.mu.Unlock()
	s.fail(away)
	read(http.StatusServiceUnavailable)
	s.fail(nil)
	read(http.StatusOK)
	s.mu.Lock()
	s.jobs["a1"] = http.StatusNoContent
	s.mu.Unlock()
	if status, _ := s.ask(t, tokens.Admin, http.MethodGet, "/queue/a1"); status != http.StatusNoContent {
		t.Fatalf("the end of the job is answered with %d", status)
	}
	read(http.StatusOK)
	s.fail(away)
	read(http.StatusOK)
}

// TestEndOfAJobIsToldAgain has jobs end while nothing can be saved. heketi forgets them when it
// has told of them.
// TestWhatMovesIsSavedMeanwhile has heketi write where a brick goes while it works. It is saved with each question for its end, and the
// question is answered also when it cannot be saved.
func TestWhatMovesIsSavedMeanwhile(t *testing.T) {
	t.Parallel()
	for path, moves := range map[string]bool{"/bricks/to-evict/b1": true, "/devices/d1/state": true, "/clusters": false} {
		s := newScene(t)
		writes := func() { s.mu.Lock(); defer s.mu.Unlock(); s.database++ }
		asks := func() (saved bool) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "/queue/a1", http.NoBody)
			if err == nil {
				err = tokens.Sign(request, tokens.Admin, keys[tokens.Admin])
			}
			if err != nil {
				t.Fatal(err)
			}
			response, err := s.Inside().RoundTrip(request)
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatalf("%s: asked for its end, the answer is %v, %v", path, response, err)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.saved == s.database && response.Body.Close() == nil
		}
		s.ask(t, tokens.Admin, http.MethodPost, path)
		writes()
		if saved := asks(); saved != moves {
			t.Errorf("%s: saved meanwhile: %v, want %v", path, saved, moves)
		}
		writes()
		s.fail(errors.New("the API server is away"))
		if asks() {
			t.Errorf("%s: it is saved while nothing can be", path)
		}
	}
}

func TestEndOfAJobIsToldAgain(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusNoContent, http.StatusSeeOther, http.StatusInternalServerError} {
		s := newScene(t)
		s.jobs["a1"] = http.StatusOK
		if got, _ := s.ask(t, tokens.Admin, http.MethodGet, "/queue/a1"); got != http.StatusOK {
			t.Errorf("one that goes on is answered with %d", got)
		}
		s.mu.Lock()
		s.jobs["a1"], s.database = status, 1
		s.mu.Unlock()
		s.fail(errors.New("the API server is away"))
		for range 2 {
			if got, body := s.ask(t, tokens.Admin, http.MethodGet, "/queue/a1"); got != http.StatusServiceUnavailable || !strings.Contains(body, "not saved") {
				t.Errorf("one that has ended is answered with %d %s", got, body)
			}
		}
		s.fail(nil)
		for range 2 {
			got, body := s.ask(t, tokens.Admin, http.MethodGet, "/queue/a1")
			if got != status || (body == "No space") != (status == http.StatusInternalServerError) {
				t.Errorf("then it is answered with %d %q, want %d", got, body, status)
			}
		}
		if got, _ := s.ask(t, tokens.Admin, http.MethodGet, "/queue/b2"); got != http.StatusNotFound {
			t.Errorf("another is answered with %d", got)
		}
	}
}

func TestAnswersAreForgotten(t *testing.T) {
	t.Parallel()
	kept := answers{kept: map[string]answer{}}
	for i := range keepAtMost + 10 {
		kept.keep(fmt.Sprint(i), answer{status: i})
	}
	if _, is := kept.of("0"); is || len(kept.kept) != keepAtMost {
		t.Errorf("%d are kept", len(kept.kept))
	}
	if last, is := kept.of(fmt.Sprint(keepAtMost + 9)); !is || last.status != keepAtMost+9 {
		t.Errorf("the last is %v, %v", last, is)
	}
}

func TestDrainRefusesChanges(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.Drain(t.Context())
	if status, body := s.ask(t, tokens.Admin, http.MethodPost, "/volumes"); status != http.StatusServiceUnavailable || !strings.Contains(body, "nothing was begun") {
		t.Errorf("a change is answered with %d %s", status, body)
	}
	s.jobs["a1"] = http.StatusNoContent
	if status, _ := s.ask(t, tokens.Admin, http.MethodGet, "/queue/a1"); status != http.StatusNoContent {
		t.Errorf("the end of a job is answered with %d", status)
	}
	s.Resume()
	if status, body := s.ask(t, tokens.Admin, http.MethodPost, "/volumes"); status != http.StatusAccepted {
		t.Errorf("then a change is answered with %d %s", status, body)
	}
}

// TestDrainWaitsForChanges has heketi hold up the answer to a change.
func TestDrainWaitsForChanges(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if !s.enter() {
		t.Fatal("no change is let in")
	}
	short, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if s.Drain(short); short.Err() == nil {
		t.Error("it does not wait for a change that is under way")
	}
	s.leave()
	s.Drain(t.Context()) // It would wait for ever.
}

func TestHeketiThatIsAway(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.url = &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	if status, _ := s.ask(t, tokens.Admin, http.MethodGet, "/volumes"); status != http.StatusServiceUnavailable {
		t.Errorf("it is answered with %d", status)
	}
}
