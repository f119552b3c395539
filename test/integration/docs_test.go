package integration

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/test/bench"
)

var (
	namedTest   = regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")
	definedTest = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z]\w*)\(`)
	toldFinding = regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|")
)

// TestDocsNameTestsThatExist has the docs promise nothing that no test shows, and
// docs leave out no fault that a test shows.
func TestDocsNameTestsThatExist(t *testing.T) {
	root := must[string](t)(bench.Root("."))
	defined := map[string]bool{}
	for _, folder := range []string{"cmd", "keeper", "node", "provisioner", "test"} {
		for _, file := range testFiles(t, filepath.Join(root, folder)) {
			for _, found := range definedTest.FindAllStringSubmatch(file, -1) {
				defined[found[1]] = true
			}
		}
	}
	named := map[string]bool{}
	pages := must[[]string](t)(filepath.Glob(filepath.Join(root, "docs", "*.md")))
	for _, page := range append(pages, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md"), filepath.Join(root, "SECURITY.md")) {
		text := must[[]byte](t)(os.ReadFile(page))
		for _, found := range namedTest.FindAllStringSubmatch(string(text), -1) {
			named[found[1]] = true
			if !defined[found[1]] {
				t.Errorf("%s names %s, which does not exist", filepath.Base(page), found[1])
			}
		}
	}
	for test := range defined {
		if (strings.HasPrefix(test, "TestFault") || strings.HasPrefix(test, "TestBricks")) && !named[test] {
			t.Errorf("the docs do not name %s", test)
		}
	}
}

// TestDocsTellTheDatabaseClass has docs/databases.md give a reason for each volume option of the class
// that the examples have for databases.
func TestDocsTellTheDatabaseClass(t *testing.T) {
	class, _ := readSeed(t, filepath.Join(env.root, "examples", "class-database.yaml"))
	parsed, err := parameters.Parse(class.Parameters)
	if err != nil || len(parsed.VolumeOptions) == 0 {
		t.Fatalf("the class has the volume options %q: %v", parsed.VolumeOptions, err)
	}
	text := must[[]byte](t)(os.ReadFile(filepath.Join(env.root, "docs", "databases.md")))
	for _, option := range append(parsed.VolumeOptions, "volumetype: "+class.Parameters["volumetype"]) {
		if !strings.Contains(string(text), "`"+option+"`") {
			t.Errorf("docs/databases.md does not tell why the class has %q", option)
		}
	}
}

// TestDocsTellAllFindings has docs/audit.md explain each kind of finding, and no other.
func TestDocsTellAllFindings(t *testing.T) {
	root := must[string](t)(bench.Root("."))
	text := must[[]byte](t)(os.ReadFile(filepath.Join(root, "docs", "audit.md")))
	told := map[string]bool{}
	for _, found := range toldFinding.FindAllStringSubmatch(string(text), -1) {
		told[found[1]] = true
	}
	for _, kind := range audit.Kinds() {
		if !told[string(kind)] {
			t.Errorf("docs/audit.md does not tell of %s", kind)
		}
		delete(told, string(kind))
	}
	for kind := range told {
		t.Errorf("docs/audit.md tells of %s, which no audit finds", kind)
	}
}

// testFiles returns the content of each file with tests in a folder and below.
func testFiles(t *testing.T, folder string) []string {
	t.Helper()
	var contents []string
	err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if matched, _ := filepath.Match("*_test.go", filepath.Base(path)); err != nil || !matched {
			return err
		}
		content, err := os.ReadFile(path)
		contents = append(contents, string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}
