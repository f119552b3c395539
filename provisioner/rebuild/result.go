package rebuild

import (
	"fmt"
	"strings"
)

// Result is what was made, and what there is to say of it.
type Result struct {
	// Database is the database for "heketi db import", without what Contradictions are about.
	Database []byte
	// Found is what it has.
	Found []string
	// Contradictions are what cannot be; each says what to do.
	Contradictions []string
	// Decided is what was chosen where what heketi had is not known, or is known in two ways.
	Decided []string
	// Others are volumes of gluster that are not heketi's.
	Others []string
	// Leftovers are logical volumes in heketi's groups that no brick of a volume in the database has.
	Leftovers []string
	// ToDo is what is to be done on storage hosts.
	ToDo []string
}

// String is the result for a person to read, in lines.
func (r *Result) String() string {
	var text strings.Builder
	for _, part := range []struct {
		title string
		lines []string
	}{
		{"found", r.Found},
		{"not heketi's", r.Others},
		{"decided", r.Decided},
		{"left over", r.Leftovers},
		{"to do", r.ToDo},
		{"contradiction", r.Contradictions},
	} {
		for _, line := range part.lines {
			fmt.Fprintf(&text, "%s: %s\n", part.title, line)
		}
	}
	return text.String()
}
