package requests

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func expect(t *testing.T, got Count, err error, want Count) {
	t.Helper()
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func TestOfAPIServer(t *testing.T) {
	log := write(t, `{"verb":"create","userAgent":"ours/v1","objectRef":{"resource":"events"}}
{"verb":"create","userAgent":"ours/v1","objectRef":{"resource":"events"}}
{"verb":"create","userAgent":"theirs/v1","objectRef":{"resource":"events"}}
{"verb":"patch","userAgent":"ours/v1","objectRef":{"resource":"persistentvolumes","subresource":"status"}}
{"verb":"watch","userAgent":"ours/v1","objectRef":{"resource":"persistentvolumes"}}
{"verb":"update","userAgent":"ours/v1","objectRef":{"resource":"leases"}}
{"verb":"get","userAgent":"ours/v1"}
`)
	got, err := OfAPIServer(log, "ours/")
	expect(t, got, err, Count{"create events": 2, "patch persistentvolumes/status": 1})
	if got := got.Sum(Writes); got != 3 {
		t.Errorf("got %d writes, want 3", got)
	}
	expect(t, got.Since(Count{"create events": 1, "patch persistentvolumes/status": 1}), nil, Count{"create events": 1})
}

func TestOfHeketi(t *testing.T) {
	log := write(t, `Heketi 10.3.0
[negroni] 2026-01-01T00:00:00Z | 202 | 	 1.5ms | 127.0.0.1:20000 | POST /volumes
[negroni] 2026-01-01T00:00:00Z | 429 | 	 70.2µs | 127.0.0.1:20000 | POST /volumes
[negroni] 2026-01-01T00:00:00Z | 500 | 	 70.2µs | 127.0.0.1:20000 | POST /volumes
[negroni] 2026-01-01T00:00:00Z | 303 | 	 1ms | 127.0.0.1:20000 | GET /queue/0123abc
[negroni] 2026-01-01T00:00:00Z | 200 | 	 1ms | 127.0.0.1:20000 | GET /volumes/0123abc
[heketi] INFO 2026/01/01 00:00:00 Started async operation: Create Volume
`)
	got, err := OfHeketi(log)
	expect(t, got, err, Count{"POST /volumes": 3, "GET /queue": 1, "GET /volumes": 1, Busy: 1, Refused: 1})
	if got := got.Sum(Asked); got != 4 {
		t.Errorf("got %d requests, want 4", got)
	}
}

func TestALogThatIsMissingIsAnError(t *testing.T) {
	for what, count := range map[string]func(string) (Count, error){
		"API server": func(path string) (Count, error) { return OfAPIServer(path, "") },
		"heketi":     OfHeketi,
	} {
		if got, err := count("/nowhere"); err == nil {
			t.Errorf("%s: got %v, want an error", what, got)
		}
	}
}
