package report

import (
	"fmt"
	"os"
	"strings"
)

// Replace puts a text between the marks of a part in a file, "<!-- part: begin
// -->" and "<!-- part: end -->". It is an error if the file does not have both.
func Replace(path, part, text string) error {
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed, err := replace(string(old), part, text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(changed), 0o644)
}

func replace(old, part, text string) (string, error) {
	begin, end := "<!-- "+part+": begin -->\n", "<!-- "+part+": end -->\n"
	before, rest, found := strings.Cut(old, begin)
	if !found {
		return "", fmt.Errorf("it has no line %q", strings.TrimSpace(begin))
	}
	_, after, found := strings.Cut(rest, end)
	if !found {
		return "", fmt.Errorf("it has no line %q after %q", strings.TrimSpace(end), strings.TrimSpace(begin))
	}
	return before + begin + text + end + after, nil
}
