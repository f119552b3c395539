package why

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	defined = regexp.MustCompile(`Reason += "(\w+)"`)
	told    = regexp.MustCompile("`([A-Z]\\w+)`")
)

// TestDocsTellAllReasons has docs/kubectl-glusterfs.md tell each reason, and no other.
func TestDocsTellAllReasons(t *testing.T) {
	source, err := os.ReadFile("reasons.go")
	if err != nil {
		t.Fatal(err)
	}
	docs, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "kubectl-glusterfs.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(docs), "| reason | ")
	table, _, _ = strings.Cut(table, "\n## ")
	inDocs := map[string]bool{"WaitForFirstConsumer": true}
	for _, found := range told.FindAllStringSubmatch(table, -1) {
		inDocs[found[1]] = true
	}
	reasons := defined.FindAllStringSubmatch(string(source), -1)
	if len(reasons) < 20 {
		t.Fatalf("reasons.go has %d reasons only", len(reasons))
	}
	known := map[string]bool{"WaitForFirstConsumer": true}
	for _, reason := range reasons {
		known[reason[1]] = true
		if !inDocs[reason[1]] {
			t.Errorf("docs/kubectl-glusterfs.md does not tell of %s", reason[1])
		}
	}
	for reason := range inDocs {
		if !known[reason] {
			t.Errorf("docs/kubectl-glusterfs.md tells of %s, which no answer has", reason)
		}
	}
}
