package heketi

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// elsewhere is a host that no request of ours is meant for.
func elsewhere(t *testing.T) (url string, asked *atomic.Int32) {
	asked = new(atomic.Int32)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if token := r.Header.Get("Authorization"); token != "" {
			t.Errorf("%s %s reached another host with a token", r.Method, r.URL)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestNothingFollowsARedirectToAnotherHost(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for what, test := range map[string]struct {
			call        call
			answers     func(redirect answer) answers
			interrupted bool
		}{
			"a create":            {create, func(r answer) answers { return answers{post: {r}} }, doubtful},
			"a create's poll":     {create, func(r answer) answers { return answers{post: {accepted(jobPath)}, poll: {pending, r}} }, doubtful},
			"a create's volume":   {create, func(r answer) answers { return answers{post: {accepted(jobPath)}, poll: {moved(v1Path)}, get: {r}} }, doubtful},
			"a deletion":          {remove, func(r answer) answers { return answers{del: {r}} }, doubtful},
			"a deletion's poll":   {remove, func(r answer) answers { return answers{del: {accepted(jobPath)}, poll: {pending, r}} }, doubtful},
			"a deletion's proof":  {remove, func(r answer) answers { return answers{del: {says(404, forgotten)}, cluster1: {r}} }, certain},
			"a search":            {find, func(r answer) answers { return answers{dumpIt: {r}} }, certain},
			"a look at a volume":  {show, func(r answer) answers { return answers{get: {r}} }, certain},
			"a list of clusters":  {createAnywhere, func(r answer) answers { return answers{listThem: {r}} }, certain},
			"a search that found": {find, func(r answer) answers { return answers{dumpIt: {finished}, get: {r}} }, certain},
		} {
			t.Run(http.StatusText(status)+" of "+what, func(t *testing.T) {
				url, asked := elsewhere(t)
				s := play(t, test.answers(redirects(status, url+"/volumes/v1")))
				expectError(t, test.call(context.Background(), s.connect(patient())), ErrUnavailable, test.interrupted)
				if got := asked.Load(); got != 0 {
					t.Errorf("the other host was asked %d times", got)
				}
			})
		}
	}
}

func TestNoJobIsPolledOnAnotherHost(t *testing.T) {
	for what, path := range map[string]string{"its queue": jobPath, "another path": "/jobs/j1"} {
		t.Run(what, func(t *testing.T) {
			url, asked := elsewhere(t)
			s := play(t, answers{post: {accepted(url + path)}, del: {accepted(url + path)}})
			client := s.connect(patient())
			_, err := client.Create(context.Background(), spec(), false)
			expectError(t, err, ErrUnavailable, doubtful)
			expectError(t, client.Delete(context.Background(), v1Ref), ErrUnavailable, doubtful)
			if got := asked.Load(); got != 0 {
				t.Errorf("the other host was asked %d times", got)
			}
		})
	}
}

// A server that points in a circle is not asked as fast as it can answer.
func TestRedirectsInACircleAreNotRunThrough(t *testing.T) {
	config := patient()
	config.OperationTimeout = 300 * time.Millisecond
	for what, a := range map[string]answers{
		"the job to itself":     {post: {accepted(jobPath)}, poll: {moved(jobPath)}},
		"the volume to itself":  {post: {accepted(jobPath)}, poll: {moved(v1Path)}, get: {moved(v1Path)}},
		"the volume to the job": {post: {accepted(jobPath)}, poll: {moved(v1Path)}, get: {moved(jobPath)}},
	} {
		t.Run(what, func(t *testing.T) {
			s := play(t, a)
			_, err := s.connect(config).Create(context.Background(), spec(), false)
			expectError(t, err, ErrUnavailable, doubtful)
			if got := len(s.requests()); got > 60 {
				t.Errorf("got %d requests within %v, want few", got, config.OperationTimeout)
			}
		})
	}
}

// spy notes when something is sent in the clear.
type spy struct {
	net.Conn
	clear *atomic.Bool
}

func (s spy) Write(bytes []byte) (int, error) {
	if strings.Contains(string(bytes), "HTTP/1.1") {
		s.clear.Store(true)
	}
	return s.Conn.Write(bytes)
}

// A gateway that ends TLS may not know that it was there.
func TestNoJobIsPolledInTheClear(t *testing.T) {
	for what, a := range map[string]answers{
		"told by the acceptance": {post: {accepted("http://HOST" + jobPath)}},
		"told by the job":        {post: {accepted(jobPath)}, poll: {moved("http://HOST" + v1Path)}},
	} {
		t.Run(what, func(t *testing.T) {
			a[listThem] = []answer{lists("c1")}
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				recorded := httptest.NewRecorder()
				a[r.Method+" "+r.URL.Path][0](recorded, r)
				w.Header().Set("Location", strings.Replace(recorded.Header().Get("Location"), "HOST", r.Host, 1))
				w.Header().Set("Content-Type", recorded.Header().Get("Content-Type"))
				w.WriteHeader(recorded.Code)
				_, _ = w.Write(recorded.Body.Bytes())
			}))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			server.StartTLS()
			t.Cleanup(server.Close)
			client := mustConnect(t, NewConnector(patient()), Credentials{URL: server.URL, User: adminUser, Key: adminKey, CA: certificateOf(server)})
			var clear atomic.Bool
			client.transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				conn, err := new(net.Dialer).DialContext(ctx, network, address)
				return spy{conn, &clear}, err
			}
			expectError(t, create(context.Background(), client), ErrUnavailable, doubtful)
			if clear.Load() {
				t.Error("a request, and its token, was sent in the clear")
			}
		})
	}
}
