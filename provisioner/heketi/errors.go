package heketi

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"glusterfs-provisioner/provisioner/gluster"
)

// What went wrong, for errors.Is. Every error of this package that comes from talking to
// heketi wraps exactly one of the first group. It may also wrap ErrInterrupted.
var (
	// ErrNotFound: heketi does not know the volume or cluster.
	ErrNotFound = errors.New("not found")
	// ErrBusy: heketi has too many operations under way (429).
	ErrBusy = errors.New("busy")
	// ErrNoSpace: no cluster that may be used has room, or it has reached a limit.
	ErrNoSpace = errors.New("no space")
	// ErrNameTaken: another volume has the name.
	ErrNameTaken = errors.New("name taken")
	// ErrInUse: the volume takes part in another operation, or something uses it.
	ErrInUse = errors.New("in use")
	// ErrHalfDone: heketi was interrupted in an operation that gluster has carried out, so
	// its database says less than there is. A person has to finish the operation.
	ErrHalfDone = errors.New("half done")
	// ErrHidesFiles: gluster would not find all files of the volume by their names once it
	// has grown.
	ErrHidesFiles = gluster.ErrHidesFiles
	// ErrUnauthorized: heketi did not accept the user or the key.
	ErrUnauthorized = errors.New("unauthorized")
	// ErrInvalid: heketi refused the request as wrong.
	ErrInvalid = errors.New("invalid")
	// ErrUnavailable: heketi could not be reached, or something else answered.
	ErrUnavailable = errors.New("unavailable")
	// ErrFailed: heketi tried and failed, for a reason only its text tells.
	ErrFailed = errors.New("failed")
	// ErrForeign: the heketi that answered is not the one that has, or may have,
	// the volume.
	ErrForeign = errors.New("another or an empty heketi")
	// ErrTooOld: this heketi does not know such a request.
	ErrTooOld = errors.New("too old")

	// ErrInterrupted: heketi may have begun, and it is not known how it ended.
	ErrInterrupted = errors.New("outcome unknown")
)

// Error is a failed operation in heketi.
type Error struct {
	// Server is heketi's base URL.
	Server string
	// Operation is what was asked, such as `create volume "pvc-1"`.
	Operation string
	// Status is the HTTP status that decided it; 0 if there was no answer.
	Status int
	// Text is what heketi or the connection said, fit to be shown.
	Text string
	// Kind is one of this package's errors.
	Kind error
	// Interrupted says that the operation may have happened nonetheless.
	Interrupted bool

	// jobFailed says that heketi accepted the operation and its job failed.
	jobFailed bool
	// underWay says that the request may still be on its way to heketi, held by a
	// gateway.
	underWay bool
}

// Error says which heketi, what was asked, what kind of failure it is, and what
// heketi said.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "heketi %s: cannot %s: %v", e.Server, e.Operation, e.Kind)
	if e.Interrupted {
		fmt.Fprintf(&b, ", %v", ErrInterrupted)
	}
	if e.Text != "" {
		fmt.Fprintf(&b, ": %s", e.Text)
	}
	if e.Status != 0 {
		fmt.Fprintf(&b, " (%d %s)", e.Status, http.StatusText(e.Status))
	}
	return printable(b.String())
}

// Unwrap returns the error's kind, and ErrInterrupted where it applies.
func (e *Error) Unwrap() []error {
	if e.Interrupted {
		return []error{e.Kind, ErrInterrupted}
	}
	return []error{e.Kind}
}

// The words that heketi 10.3 uses, from
// apps/glusterfs/{errors,limits,volume_entry,operations_manage}.go of its sources. Its
// status codes do not tell these cases apart.
var phrases = []struct {
	text string
	kind error
}{
	{"already in use", ErrNameTaken},
	{"No space", ErrNoSpace},
	{"Out of space", ErrNoSpace},
	{"Maximum number of bricks reached", ErrNoSpace},
	{"volumes and limit is", ErrNoSpace},
	{"No nodes in cluster", ErrNoSpace},
	{"No online storage devices in cluster", ErrNoSpace},
	{"Cluster does not support requested volume type", ErrNoSpace},
	{"Cluster has disabled all volume types", ErrNoSpace},
	{"insufficient free space", ErrNoSpace}, // LVM's words, which heketi passes on
	{"The target exists, contains other items, or is in use", ErrInUse},
}

// heketi's answers for an id and for a request that it does not know. The latter is in
// apps/glusterfs/app.go of its sources (NotFoundHandler). Any other 404 comes from
// something that is no heketi.
const (
	idNotFound      = "Id not found"
	requestNotFound = "Invalid path or request"
)

// kindOf tells what an answer of heketi that is not a success means.
func kindOf(status int, text string) error {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return ErrUnauthorized
	case http.StatusNotFound:
		switch text {
		case idNotFound:
			return ErrNotFound
		case requestNotFound:
			return ErrTooOld
		}
		return ErrUnavailable
	case http.StatusTooManyRequests:
		return ErrBusy
	case http.StatusConflict:
		return ErrInUse
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return ErrUnavailable
	case http.StatusInternalServerError:
		for _, p := range phrases {
			if strings.Contains(text, p.text) {
				return p.kind
			}
		}
		return ErrFailed
	}
	if status >= 400 && status < 500 {
		return ErrInvalid
	}
	// A redirect, a success where none is due: this is no heketi.
	return ErrUnavailable
}

// maxText is how much of an answer an event shows, in bytes. Kubernetes allows
// an event's message 1 KiB, and the claim's story has to fit around it.
const maxText = 400

// withoutWarnings leaves out the lines that LVM warns in, if there are others. LVM writes
// many of them before the line that says why a command failed.
func withoutWarnings(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "WARNING: ") {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		return text
	}
	return strings.Join(kept, "\n")
}

// presentable makes what a server said fit for an event: one line, printable,
// short.
func presentable(text string) string {
	text = printable(text)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "..."
	}
	return text
}

// printable puts a text on one line and leaves out what cannot be printed.
func printable(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == unicode.ReplacementChar
	}), " ")
}
