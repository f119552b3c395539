package manifests

import (
	"strings"
)

// document is one of those that a file has.
type document struct {
	// line is where its first line with content is, from 1.
	line int
	text string
}

// split returns the documents of a text, which lines that begin with --- are between. Those
// without content are left out.
func split(text string) []document {
	var documents []document
	var lines []string
	first := 1
	end := func(next int) {
		if at := content(lines); at >= 0 {
			documents = append(documents, document{first + at, strings.Join(lines, "\n") + "\n"})
		}
		lines, first = nil, next
	}
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		if rest, is := afterSeparator(line); is {
			end(number)
			// What follows on the same line belongs to the next document.
			line = "   " + rest
		}
		lines = append(lines, line)
	}
	end(0)
	return documents
}

// afterSeparator returns what follows a separator on its line, and whether there is one.
func afterSeparator(line string) (rest string, is bool) {
	rest, is = strings.CutPrefix(line, "---")
	return rest, is && (rest == "" || strings.ContainsAny(rest[:1], " \t\r"))
}

// content returns the index of the first line that is neither empty nor a comment; -1 if all
// are.
func content(lines []string) int {
	for i, line := range lines {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return i
		}
	}
	return -1
}
