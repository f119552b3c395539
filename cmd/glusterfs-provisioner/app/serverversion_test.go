package app

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// versionServer is an API server that tells a version, or 503 where that is empty,
// and counts how often it is asked.
type versionServer struct {
	version atomic.Value
	asked   atomic.Int32
}

func (s *versionServer) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.asked.Add(1)
	version := s.version.Load().(string)
	if version == "" {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	fmt.Fprint(w, version)
}

func serveVersion(t *testing.T, answer string) (*versionServer, rest.Interface) {
	t.Helper()
	s := &versionServer{}
	s.version.Store(answer)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	client, err := kubernetes.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return s, client.Discovery().RESTClient()
}

// The cluster is upgraded while the process runs.
func TestTheServersVersionRises(t *testing.T) {
	server, client := serveVersion(t, `{"gitVersion": "v1.25.0"}`)
	version, err := askServerVersion(context.Background(), client)
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want string, asked int32) {
		t.Helper()
		var working sync.WaitGroup
		for range 20 {
			working.Go(func() { version.now(context.Background()) })
		}
		working.Wait()
		if got := version.now(context.Background()).String(); got != want || server.asked.Load() != asked {
			t.Errorf("got %s after %d questions, want %s after %d", got, server.asked.Load(), want, asked)
		}
	}
	aMinuteLater := func() {
		version.mu.Lock()
		defer version.mu.Unlock()
		version.asked = time.Now().Add(-versionAge)
	}
	expect("1.25.0", 1)
	server.version.Store(`{"gitVersion": "v1.36.3-eks+1"}`)
	expect("1.25.0", 1)
	aMinuteLater()
	expect("1.36.3", 2)
	server.version.Store("")
	aMinuteLater()
	expect("1.36.3", 3)
	server.version.Store("<html>")
	aMinuteLater()
	expect("1.36.3", 4)
}

func TestAServerWithoutAVersion(t *testing.T) {
	for answer, want := range map[string]string{"": "unable", "<html>": "no JSON", `{"gitVersion": "main"}`: "main"} {
		_, client := serveVersion(t, answer)
		if version, err := askServerVersion(context.Background(), client); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, %v; want an error with %q", answer, version, err, want)
		}
	}
}
