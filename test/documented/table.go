package documented

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// Table returns the rows of the table in a file of docs/ that has such a head, each by what
// stands above its cells. It fails the test if there is no such table.
func Table(t *testing.T, file string, head ...string) []map[string]string {
	t.Helper()
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "docs", file))
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	within := false
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		switch cells := cellsOf(line); {
		case line == "| "+strings.Join(head, " | ")+" |":
			within = true
		case !within || strings.HasPrefix(line, "|---"):
		case len(cells) != len(head):
			within = false
		default:
			row := map[string]string{}
			for i, cell := range cells {
				row[head[i]] = cell
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("docs/%s has no table with the head %q", file, head)
	}
	return rows
}

func cellsOf(line string) []string {
	if !strings.HasPrefix(line, "|") || !strings.HasSuffix(line, "|") {
		return nil
	}
	cells := strings.Split(strings.Trim(line, "|"), "|")
	for i, cell := range cells {
		cells[i] = strings.TrimSpace(cell)
	}
	return cells
}

var word = regexp.MustCompile("`([^`]+)`")

// Words returns what stands in back quotes in a cell.
func Words(cell string) (words []string) {
	for _, found := range word.FindAllStringSubmatch(cell, -1) {
		words = append(words, found[1])
	}
	return words
}
