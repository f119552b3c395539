package parameters

import (
	"regexp"
	"strings"
)

var alphanumeric = regexp.MustCompile(`^[A-Za-z0-9]+$`)

// items returns the items of a comma separated list, trimmed, without the empty
// ones.
func items(list string) []string {
	var found []string
	for item := range strings.SplitSeq(list, ",") {
		if item = strings.TrimSpace(item); item != "" {
			found = append(found, item)
		}
	}
	return found
}
