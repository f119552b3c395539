package child

import (
	"bytes"
	"io"
	"slices"
	"strings"
)

// longestLine is how much is kept of a line that does not end, in bytes.
const longestLine = 64 << 10

// log passes on what heketi writes, without the lines on what is asked all the time and has succeeded: what the keeper
// asks for each save, and polls for the ends of jobs.
type log struct {
	to io.Writer
	// begun is the beginning of a line.
	begun []byte
}

// Write passes whole lines on.
func (l *log) Write(part []byte) (int, error) {
	text := slices.Concat(l.begun, part)
	var passed []byte
	for {
		end := bytes.IndexByte(text, '\n') + 1
		if end == 0 && len(text) > longestLine {
			end = len(text)
		}
		if end == 0 {
			break
		}
		if !isPoll(string(text[:end])) {
			passed = append(passed, text[:end]...)
		}
		text = text[end:]
	}
	l.begun = bytes.Clone(text)
	_, err := l.to.Write(passed)
	return len(part), err
}

// flush passes on the line that has not ended.
func (l *log) flush() { _, _ = l.to.Write(l.begun) }

// isPoll says that a line of heketi's log is on such a request, see negroni's logger: its time, status, duration,
// host and request stand between bars.
func isPoll(line string) bool {
	fields := strings.Split(strings.TrimSpace(line), " | ")
	if len(fields) != 5 || !strings.HasPrefix(fields[0], "[negroni] ") || fields[1] != "200" {
		return false
	}
	switch request := fields[4]; request {
	case "GET /backup/db", "GET /db/dump", "GET /operations":
		return true
	default:
		return strings.HasPrefix(request, "GET /queue/")
	}
}
