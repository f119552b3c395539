package provisioner

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPackagesAreDrawn holds docs/architecture.md against the packages that there are.
func TestPackagesAreDrawn(t *testing.T) {
	drawn, err := os.ReadFile(filepath.Join("..", "docs", "architecture.md"))
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != "testdata" && !strings.Contains(string(drawn), "\n        "+entry.Name()+"/ ") {
			t.Errorf("docs/architecture.md does not draw package %s", entry.Name())
		}
	}
}
