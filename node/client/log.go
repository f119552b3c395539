package client

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

const (
	// logLines is how many lines of a log are told, and logBytes how much of its
	// end is read to find them. Kubernetes cuts events at 1 KiB.
	logLines = 3
	logBytes = 64 << 10
	// lineBytes is how much of a line is told.
	lineBytes = 200
)

// log is the log of a client, from where it ended when it was opened.
type log struct {
	path  string
	start int64
}

// openLog notes how long a log is, which need not be there.
func openLog(path string) log {
	l := log{path: path}
	if info, err := os.Stat(path); err == nil {
		l.start = info.Size()
	}
	return l
}

// lastLines returns the last lines of what was written since. What cannot be read
// is taken for empty: the reason that it would explain is told in any case.
func (l log) lastLines() []string {
	file, err := os.Open(l.path)
	if err != nil {
		return nil
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return nil
	}
	// A file that has become shorter was rotated.
	start := l.start
	if start > info.Size() {
		start = 0
	}
	text, err := io.ReadAll(io.NewSectionReader(file, max(start, info.Size()-logBytes), logBytes))
	if err != nil {
		return nil
	}
	return linesOf(text)
}

// noise is what precedes the message in a line of a log: the time, an id of the
// message, the place in the sources.
var noise = regexp.MustCompile(`^\[[^\]]*\] ([A-Z] )(?:\[MSGID: \d+\] )?(?:\[[^\]]*\] )?`)

// linesOf returns the last lines of a log, without what nobody wants in an event.
func linesOf(text []byte) []string {
	var lines []string
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		// These are of the client's start, at any level.
		if len(line) == 0 || bytes.HasPrefix(line, []byte("+")) {
			continue
		}
		short := string(noise.ReplaceAll(line, []byte("$1")))
		if len(short) > lineBytes {
			short = strings.ToValidUTF8(short[:lineBytes], "") + "..."
		}
		lines = append(lines, strings.ToValidUTF8(short, "?"))
	}
	return lines[max(0, len(lines)-logLines):]
}

// describe returns the error of a program that has failed, with what it said and
// what its log says.
func describe(err error, said, logFile string, lines []string) error {
	if said = strings.Join(strings.Fields(said), " "); said != "" {
		err = fmt.Errorf("%w: %s", err, said)
	}
	if len(lines) > 0 {
		err = fmt.Errorf("%w; the end of %s: %s", err, logFile, strings.Join(lines, " | "))
	}
	return err
}
