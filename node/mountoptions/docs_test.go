package mountoptions

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTableIsTold holds the table in docs/node-plugin.md against this one: each option is in one
// row, which says whether it is refused, left out or passed on.
func TestTableIsTold(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "node-plugin.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Mount options\n")
	section, _, _ = strings.Cut(section, "\n## ")
	told := map[string]string{}
	name := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(section) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 {
			continue
		}
		for _, found := range name.FindAllStringSubmatch(cells[1], -1) {
			if _, twice := told[found[1]]; twice {
				t.Errorf("%s is told twice", found[1])
			}
			told[found[1]] = strings.TrimSpace(cells[3])
		}
	}
	for name, rule := range table {
		want := "passed on"
		switch {
		case name == readOnly || name == readWrite:
			want = "the last one counts"
		case rule.refused != "":
			want = "refused: "
		case rule.replaced && rule.by == nil:
			want = "left out"
		}
		if !strings.HasPrefix(told[name], want) {
			t.Errorf("of %s is told %q, want %q", name, told[name], want)
		}
		delete(told, name)
	}
	for name := range told {
		if !strings.HasPrefix(strings.ToLower(name), "x-") {
			t.Errorf("%s is told, and not in the table", name)
		}
	}
}
