package documented

import (
	"regexp"
	"strings"
	"testing"
)

var (
	namedTest   = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")
	definedTest = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w*)\(`)
)

// TestDocsNameTestsThatExist has the pages promise nothing that no test shows, in every language, and
// leave out no fault that a test shows.
func TestDocsNameTestsThatExist(t *testing.T) {
	defined := definedTests(t)
	named := map[string]bool{}
	for _, page := range sorted(readPages(t)) {
		for _, found := range namedTest.FindAllStringSubmatch(page.prose, -1) {
			named[found[1]] = true
			if !defined[found[1]] {
				t.Errorf("%s names %s, which does not exist", page.file, found[1])
			}
		}
	}
	for test := range defined {
		if (strings.HasPrefix(test, "TestFault") || strings.HasPrefix(test, "TestBricks")) && !named[test] {
			t.Errorf("the docs do not name %s", test)
		}
	}
}

// definedTests returns the tests of the tree by their names.
func definedTests(t *testing.T) map[string]bool {
	t.Helper()
	defined := map[string]bool{}
	for _, text := range files(t, "_test.go") {
		for _, found := range definedTest.FindAllStringSubmatch(text, -1) {
			defined[found[1]] = true
		}
	}
	return defined
}
