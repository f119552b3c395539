package heketi

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// observed collects what an Observer is told of operations.
type observed struct {
	mu            sync.Mutex
	all, requests []string
}

func (o *observed) config() Config {
	config := DefaultConfig()
	config.Observer = o
	return config
}

func (o *observed) OperationEnded(server, operation string, err error, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, fmt.Sprintf("%s %s %v %v", server, operation, err == nil, took.Round(time.Second)))
}

func (o *observed) RequestEnded(server, method string, status int, took time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests = append(o.requests, fmt.Sprintf("%s %s %d %v", server, method, status, took.Round(time.Second)))
}

func TestEveryOperationIsObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o observed
		client := playInMemory(t, answers{
			listThem: {lists("c1")},
			post:     {accepted(jobPath), says(400, "wrong")},
			poll:     {until(8*time.Second, pending, moved(v1Path))},
			get:      {shows(made())},
			del:      {says(404, forgotten)}, cluster1: {known},
			dumpIt: {dumps()},
		}).connect(o.config())
		_, _ = client.Create(t.Context(), anywhere(), false)
		_, _ = client.Create(t.Context(), spec(), false)
		_ = client.Delete(t.Context(), v1Ref)
		_, _ = client.Find(t.Context(), "pvc-1", nil)
		_, _ = client.Get(t.Context(), "v1")
		const server = "http://heketi.test:8080 "
		want := []string{
			server + "list true 0s", server + "create true 8s",
			server + "create false 0s",
			server + "delete false 0s", server + "delete true 0s", server + "examine true 0s",
			server + "read true 0s",
			server + "get true 0s",
		}
		if !slices.Equal(o.all, want) {
			t.Errorf("got  %q\nwant %q", o.all, want)
		}
	})
}

// A wait for a place that ended in vain is an operation that failed.
func TestAnOperationWithoutAPlaceIsObserved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var o observed
		config := o.config()
		config.MaxInFlight = 0
		client := playInMemory(t, nil).connect(config)
		expectError(t, client.Delete(t.Context(), v1Ref), ErrBusy, certain)
		if got, want := o.all, []string{"http://heketi.test:8080 delete false 10m0s"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// endless is an answer's body that never ends.
type endless struct{}

func (endless) Read(into []byte) (int, error) { return len(into), nil }
func (endless) Close() error                  { return nil }

func (endless) RoundTrip(request *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: endless{}, Request: request}, nil
}

func TestAnAnswerIsReadToABoundOnly(t *testing.T) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://heketi/db/dump", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := newExchange(context.Background(), patient(), endless{}, request.URL, newPlaces(1)).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if got, err := io.Copy(io.Discard, response.Body); got != 256<<20 || err != nil {
		t.Errorf("got %d bytes, %v; want 256 MiB", got, err)
	}
}
