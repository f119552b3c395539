package child

import (
	"bytes"
	"strings"
	"testing"
)

// TestLogIsPassedOnWithoutPolls writes a log in parts of each length.
func TestLogIsPassedOnWithoutPolls(t *testing.T) {
	t.Parallel()
	lines := []struct {
		line  string
		stays bool
	}{
		{"[negroni] 2026-11-29T07:27:15Z | 200 | \t 508.177µs | 127.0.0.1:25038 | GET /backup/db", false},
		{"[negroni] 2026-11-29T07:27:15Z | 200 | \t 508.177µs | 127.0.0.1:25038 | GET /operations", false},
		{"[negroni] 2026-11-29T07:27:15Z | 200 | \t 1.2ms | 127.0.0.1:25038 | GET /db/dump", false},
		{"[negroni] 2026-11-29T07:27:15Z | 200 | \t 1.2ms | 127.0.0.1:25038 | GET /queue/c63ae9047a183d8b3c30c5ef45888e8a", false},
		{"[negroni] 2026-11-29T07:27:15Z | 303 | \t 1.2ms | 127.0.0.1:25038 | GET /queue/c63ae9047a183d8b3c30c5ef45888e8a", true},
		{"[negroni] 2026-11-29T07:27:15Z | 500 | \t 1.2ms | 127.0.0.1:25038 | GET /backup/db", true},
		{"[negroni] 2026-11-29T07:27:15Z | 200 | \t 1.2ms | 127.0.0.1:25038 | GET /volumes", true},
		{"[negroni] 2026-11-29T07:27:15Z | 202 | \t 2.6ms | 127.0.0.1:25038 | POST /nodes", true},
		{"[asynchttp] INFO 2026/11/29 07:27:15 Started job c63ae9047a183d8b3c30c5ef45888e8a", true},
		{"", true},
		{"panic: GET /queue/ | 200 |", true},
	}
	var all, want strings.Builder
	for _, one := range lines {
		all.WriteString(one.line + "\n")
		if one.stays {
			want.WriteString(one.line + "\n")
		}
	}
	const unfinished = "goroutine 1"
	text := []byte(all.String() + unfinished)
	for length := 1; length <= len(text); length++ {
		var got bytes.Buffer
		l := &log{to: &got}
		for rest := text; len(rest) > 0; {
			n, err := l.Write(rest[:min(length, len(rest))])
			if err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		l.flush()
		if got.String() != want.String()+unfinished {
			t.Fatalf("in parts of %d bytes, passed on is %q, want %q", length, got.String(), want.String()+unfinished)
		}
	}
	var got bytes.Buffer
	endless := bytes.Repeat([]byte("x"), 2*longestLine)
	if _, err := (&log{to: &got}).Write(endless); err != nil || got.Len() != len(endless) {
		t.Errorf("of a line without end, %d bytes are passed on, %v", got.Len(), err)
	}
}
