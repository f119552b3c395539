package client

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const (
	// causes is how many of the first errors of a log are told, before the last one.
	// Kubernetes cuts events at 1 KiB, of which kubelet uses a tenth.
	causes = 2
	// lineBytes is how much of a line is told, and saidBytes of what the program said.
	lineBytes = 150
	saidBytes = 250
)

// report is what the log of a client says.
type report struct {
	// errors are the first errors and the last one, none twice; without any, the last
	// lines.
	errors []string
	crash  crash
}

// crash is what a client writes when a signal of the kernel ends it; zero if none did.
type crash struct {
	// signal is its number, and version the client's, such as "glusterfs 10.3".
	signal, version string
}

var (
	// noise is what precedes the message in a line of a log: the time, an id of the
	// message, the place in the sources. The letter is the level.
	noise = regexp.MustCompile(`^\[[^\]]*\] ([A-Z]) (?:\[MSGID: \d+\] )?(?:\[[^\]]*\] )?`)
	// These are of a crash; see gf_print_trace in GlusterFS's sources.
	signalReceived = regexp.MustCompile(`^signal received: (\d+)`)
	packageString  = regexp.MustCompile(`^package-string: (.*)`)
)

// grave are the levels of errors: error, critical, alert, emergency.
const grave = "ECAM"

// read reads what a client has written since its start.
func read(text []byte) report {
	var r report
	var errors, others []string
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if match := signalReceived.FindSubmatch(line); match != nil {
			r.crash.signal = string(match[1])
		}
		if match := packageString.FindSubmatch(line); match != nil && r.crash.signal != "" {
			r.crash.version = short(match[1])
		}
		match := noise.FindSubmatch(line)
		switch {
		case match == nil:
			// What has no level is of the crash and of the client's start; what it is
			// without either, nobody knows.
			if r.crash.signal == "" && len(line) > 0 && line[0] != '+' {
				others = append(others, short(line))
			}
		case strings.Contains(grave, string(match[1])):
			errors = append(errors, short(line[len(match[0]):]))
		default:
			others = append(others, short(line[len(match[0]):]))
		}
	}
	r.errors = firstAndLast(errors)
	if len(errors) == 0 && r.crash.signal == "" {
		r.errors = others[max(0, len(others)-causes):]
	}
	return r
}

// firstAndLast are the first lines and the last one, none twice.
func firstAndLast(lines []string) []string {
	var chosen []string
	for _, line := range lines {
		if len(chosen) < causes && !slices.Contains(chosen, line) {
			chosen = append(chosen, line)
		}
	}
	if len(lines) > 0 && !slices.Contains(chosen, lines[len(lines)-1]) {
		chosen = append(chosen, lines[len(lines)-1])
	}
	return chosen
}

// short is what of a line has room in an event.
func short(line []byte) string { return cut(strings.ToValidUTF8(string(line), "?"), lineBytes) }

func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "..."
}

// describe returns the error of a program that has failed: what kind of failure it is, what
// the program said, and what its log says. CauseOf tells its cause.
func describe(err error, version Version, said string, log log) error {
	r := read(log.read())
	cause := causeIn(append([]string{said}, r.errors...)...)
	switch signal := endedBySignal.FindString(said); {
	case r.crash.signal != "":
		err = fmt.Errorf("the GlusterFS client has crashed, by signal %s (%s): %w", r.crash.signal, r.crash.version, err)
	case signal != "":
		err = fmt.Errorf("the GlusterFS client has crashed, %s (glusterfs %s): %w", signal, version, err)
	case version != "":
		err = fmt.Errorf("GlusterFS client %s: %w", version, err)
	}
	said = cut(strings.Join(strings.Fields(said), " "), saidBytes)
	// Where the log says why, it is no news that mounting has failed.
	known := r.crash.signal != "" || len(r.errors) > 0
	if known && boilerplate.MatchString(said) {
		said = ""
	}
	if said != "" {
		err = fmt.Errorf("%w: %s", err, said)
	}
	if len(r.errors) > 0 {
		err = fmt.Errorf("%w: %s", err, strings.Join(r.errors, " | "))
	}
	if known {
		err = fmt.Errorf("%w; see %s", err, log.path)
	}
	return &toldError{err, cause}
}

// endedBySignal is what the shell says of a client that crashes before it is a process of its
// own, when it writes nothing down.
var endedBySignal = regexp.MustCompile(`\b(Segmentation fault|Aborted|Bus error|Illegal instruction|Floating point exception)\b`)

// boilerplate is all that mount.glusterfs says when the client has failed.
var boilerplate = regexp.MustCompile(`^(Mounting glusterfs on \S+ failed\.|Mount failed\. (Please c|C)heck the log file.*)$`)
