package documented

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// TestPagesLinkToWhatIsThere follows the links of all pages, in every language: to files, folders and headings.
func TestPagesLinkToWhatIsThere(t *testing.T) {
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	pages := readPages(t)
	for _, page := range sorted(pages) {
		for _, section := range page.sections {
			for _, link := range section.links {
				file, at := page.lead(pages, link)
				if file == "" {
					continue
				}
				if _, err := os.Stat(filepath.Join(root, file)); err != nil {
					t.Errorf("%s, %q, links to %s: %v", page.file, section.heading, link, err)
				} else if strings.Contains(link, "#") && at < 0 {
					t.Errorf("%s, %q, links to %s, which has no such heading", page.file, section.heading, link)
				}
			}
		}
	}
}
