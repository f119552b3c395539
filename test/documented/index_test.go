package documented

import (
	"path"
	"strings"
	"testing"
)

// TestAllPagesAreListed holds docs/README.md against the pages that there are.
func TestAllPagesAreListed(t *testing.T) {
	const index = "docs/README.md"
	pages := readPages(t)
	listed := map[string]bool{}
	for i := range pages[index].sections {
		for _, link := range pages[index].sections[i].links {
			listed[path.Join("docs", link)] = true
		}
	}
	for _, page := range sorted(pages) {
		if path.Dir(page.file) == "docs" && page.file != index && !strings.HasSuffix(page.file, chinese) && !listed[page.file] {
			t.Errorf("%s does not list %s", index, page.file)
		}
	}
}
