package gluster

import (
	"bytes"
	"errors"
)

// The lines around the answer in what "heketi offline state examine gluster" prints,
// which has heketi's log, too.
var (
	answerStarts = []byte("EXAMINER_OUTPUT_STARTS\n")
	answerEnds   = []byte("\nEXAMINER_OUTPUT_ENDS")
)

// ParsePrinted reads what "heketi-cli server state examine gluster" or "heketi offline
// state examine gluster" printed. It returns an error if the text is another's, or was cut
// off.
func ParsePrinted(text []byte) (*State, error) {
	_, after, offline := bytes.Cut(text, answerStarts)
	if !offline {
		return Parse(text)
	}
	answer, _, whole := bytes.Cut(after, answerEnds)
	if !whole {
		return nil, errors.New("it has the line EXAMINER_OUTPUT_STARTS but not EXAMINER_OUTPUT_ENDS, so it is not whole")
	}
	return Parse(answer)
}
