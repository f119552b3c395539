package heketi

import (
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// The credentials that every script's client has.
const (
	adminUser = "admin"
	adminKey  = "the-key-that-nobody-may-see"
)

// answer answers one request. The request's body has been read already.
type answer = http.HandlerFunc

// answers are given in turn to a "METHOD /path"; the last one is repeated.
type answers map[string][]answer

// script is a heketi that answers what the test has written down, and notes what
// it was asked. It accepts only requests that are signed as heketi demands. Its
// clusters it tells without being told to and without noting it, because they are
// asked for now and then, not for a volume; and that gluster has what its database has
// it tells without being told to.
type script struct {
	t      *testing.T
	server *httptest.Server
	// dial is nil where the script listens on a real port.
	dial dialer

	mu      sync.Mutex
	answers answers
	asked   []string
	bodies  []string
	conns   int
}

// play begins a script on a real port.
func play(t *testing.T, a answers) *script {
	return begin(t, a, nil, nil)
}

// playInMemory begins a script that is reached without the kernel's help, as a
// test with a fake clock needs.
func playInMemory(t *testing.T, a answers) *script {
	p := newPipes()
	return begin(t, a, p, p.dial)
}

func begin(t *testing.T, a answers, listener net.Listener, dial dialer) *script {
	s := &script{t: t, answers: a, dial: dial}
	s.server = httptest.NewUnstartedServer(s)
	if listener != nil {
		_ = s.server.Listener.Close()
		s.server.Listener = listener
	}
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.server.Config.ConnState = s.count(s.server.Config.ConnState)
	s.server.Start()
	t.Cleanup(s.server.Close)
	return s
}

func (s *script) count(next func(net.Conn, http.ConnState)) func(net.Conn, http.ConnState) {
	return func(conn net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.mu.Lock()
			s.conns++
			s.mu.Unlock()
		}
		if next != nil {
			next(conn, state)
		}
	}
}

// ServeHTTP gives the next answer to the request.
func (s *script) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	request := r.Method + " " + r.URL.Path
	if problem := tokenProblem(r, time.Now()); problem != "" {
		s.t.Errorf("%s: heketi refuses the token: %s", request, problem)
	}
	s.next(request, string(body))(w, r)
}

func (s *script) next(request, body string) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, scripted := s.answers[request]; request == listThem && !scripted {
		return lists("c1")
	}
	s.asked = append(s.asked, request)
	if _, scripted := s.answers[request]; request == lookAtIt && !scripted {
		return whole.answer
	}
	if body != "" {
		s.bodies = append(s.bodies, body)
	}
	left := s.answers[request]
	if len(left) == 0 {
		s.t.Errorf("%s: the script has no answer to it", request)
		return says(http.StatusTeapot, "the script has no answer")
	}
	if len(left) > 1 {
		s.answers[request] = left[1:]
	}
	return left[0]
}

// connect returns a client of the script.
func (s *script) connect(config Config) *Client {
	return s.connectThrough(NewConnector(config))
}

func (s *script) connectThrough(connector *Connector) *Client {
	s.t.Helper()
	client, err := connector.Connect(Credentials{URL: s.server.URL, User: adminUser, Key: adminKey})
	if err != nil {
		s.t.Fatal(err)
	}
	if s.dial != nil && client.transport.Proxy != nil { // It may be another client's already.
		client.transport.DialContext = s.dial
		client.transport.Proxy = nil
	}
	s.t.Cleanup(client.transport.CloseIdleConnections)
	return client
}

// requests returns what was asked, in order.
func (s *script) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// sent returns the bodies of the requests that had one, in order.
func (s *script) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.bodies)
}

// connections returns how many connections were made.
func (s *script) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

// times returns how often something was asked.
func (s *script) times(request string) int {
	count := 0
	for _, asked := range s.requests() {
		if asked == request {
			count++
		}
	}
	return count
}

// expectRequests checks all that was asked.
func (s *script) expectRequests(want ...string) {
	s.t.Helper()
	if got := s.requests(); !slices.Equal(got, want) {
		s.t.Errorf("requests: got %q, want %q", got, want)
	}
}

// patient is a config whose bounds no test reaches unless it means to.
func patient() Config {
	return Config{
		RequestTimeout:   20 * time.Second,
		OperationTimeout: time.Minute,
		MaxInFlight:      8,
		BusyPatience:     20 * time.Second,
	}
}
