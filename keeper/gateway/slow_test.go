package gateway

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"glusterfs-provisioner/keeper/tokens"
)

// passing is a gateway before a heketi that does as the test says.
func passing(t *testing.T, handler http.HandlerFunc) (*scene, *Gateway) {
	t.Helper()
	s := newScene(t)
	heketi := httptest.NewServer(handler)
	t.Cleanup(heketi.Close)
	var err error
	if s.url, err = url.Parse(heketi.URL); err != nil {
		t.Fatal(err)
	}
	return s, s.Gateway
}

// connect begins a request that is signed, on a connection of its own.
func (s *scene) connect(t *testing.T, method, path, header string) net.Conn {
	t.Helper()
	signed, err := http.NewRequestWithContext(t.Context(), method, s.server.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if err := tokens.Sign(signed, tokens.Admin, keys[tokens.Admin]); err != nil {
		t.Fatal(err)
	}
	connection, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", s.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	if _, err := fmt.Fprintf(connection, "%s %s HTTP/1.1\r\nHost: heketi\r\nAuthorization: %s\r\n%s\r\n", method, path, signed.Header.Get("Authorization"), header); err != nil {
		t.Fatal(err)
	}
	return connection
}

// TestSlowClientDoesNotHoldUpHeketi asks for more than connections buffer, and takes none of it.
func TestSlowClientDoesNotHoldUpHeketi(t *testing.T) {
	t.Parallel()
	answered := make(chan struct{})
	s, _ := passing(t, func(w http.ResponseWriter, _ *http.Request) {
		defer close(answered)
		_, _ = w.Write(make([]byte, 64<<20))
	})
	s.connect(t, http.MethodGet, "/backup/db", "")
	select {
	case <-answered:
	case <-time.After(time.Minute):
		t.Error("heketi does not get rid of its answer")
	}
}

// TestRequestsOfAllLengths sends what a request carries whole, in chunks and without a length that heketi could see.
func TestRequestsOfAllLengths(t *testing.T) {
	t.Parallel()
	type seen struct {
		length int64
		body   string
	}
	got := make(chan seen, 1)
	s, _ := passing(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- seen{r.ContentLength, string(body)}
	})
	for header, body := range map[string]string{
		"Content-Length: 5\r\n":               "{\"a\"}",
		"Transfer-Encoding: chunked\r\n":      "2\r\n{\"\r\n3\r\na\"}\r\n0\r\n\r\n",
		"Content-Length: 5\r\nX-Other: 1\r\n": "{\"a\"}",
	} {
		connection := s.connect(t, http.MethodPost, "/volumes", header)
		if _, err := io.WriteString(connection, body); err != nil {
			t.Fatal(err)
		}
		if one := <-got; one != (seen{5, "{\"a\"}"}) {
			t.Errorf("%q: heketi gets %+v", header, one)
		}
	}
}

// TestUnfinishedRequestBeginsNothing sends a part of a request. It does not keep the gateway from being drained, and when it is
// broken off, heketi has got nothing of it.
func TestUnfinishedRequestBeginsNothing(t *testing.T) {
	t.Parallel()
	s, gateway := passing(t, func(http.ResponseWriter, *http.Request) { t.Error("heketi is asked") })
	connection := s.connect(t, http.MethodPost, "/volumes", "Content-Length: 100\r\n")
	if _, err := io.WriteString(connection, "{"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if gateway.Drain(ctx); ctx.Err() != nil {
		t.Error("it is waited for a client that does not go on")
	}
	gateway.Resume()
	if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if body, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusBadRequest || !strings.Contains(string(body), "nothing was begun") {
		t.Errorf("it is answered with %s %s", response.Status, body)
	}
}

// TestUnansweredChangeCountsAsUnsaved has heketi break off its answer to a change. It may go on, so that what it tells counts only
// as far as it can be saved.
func TestUnansweredChangeCountsAsUnsaved(t *testing.T) {
	t.Parallel()
	s, _ := passing(t, func(_ http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			panic(http.ErrAbortHandler)
		}
	})
	read := func(want int) {
		t.Helper()
		if status, body := s.ask(t, tokens.Admin, http.MethodGet, "/volumes"); status != want {
			t.Errorf("it is answered with %d %s, want %d", status, body, want)
		}
	}
	if status, _ := s.ask(t, tokens.Admin, http.MethodPost, "/volumes"); status != http.StatusServiceUnavailable {
		t.Fatalf("it is answered with %d", status)
	}
	read(http.StatusOK) // It is saved as it is, and heketi may change it later.
	s.fail(errors.New("the API server is away"))
	read(http.StatusServiceUnavailable)
}
