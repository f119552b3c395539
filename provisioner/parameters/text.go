package parameters

import "strings"

const (
	lowerCase    = "abcdefghijklmnopqrstuvwxyz"
	digits       = "0123456789"
	alphanumeric = lowerCase + "ABCDEFGHIJKLMNOPQRSTUVWXYZ" + digits
)

func isAlphanumeric(text string) bool { return text != "" && consistsOf(text, alphanumeric) }

func consistsOf(text, characters string) bool {
	return strings.Trim(text, characters) == ""
}

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
