package integration

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/audit"
	"glusterfs-provisioner/provisioner/parameters"
	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/documented"
)

var toldFinding = regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|")

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

var wordOfCommand = regexp.MustCompile(`^[a-z-]+$`)

// TestHeketiCommandsInDocsAreTaken has heketi-cli read the flags of all its commands that pages have,
// and tell how each is used. So it asks no heketi.
func TestHeketiCommandsInDocsAreTaken(t *testing.T) {
	binaries := must[bench.HeketiBinaries](t)(bench.BuildHeketi(t.Context(), env.root, io.Discard))
	for page, commands := range documented.Commands(t, "heketi-cli") {
		for _, arguments := range commands {
			words := len(arguments)
			if other := slices.IndexFunc(arguments, func(a string) bool { return !wordOfCommand.MatchString(a) || a[0] == '-' }); other >= 0 {
				words = other
			}
			usage := strings.Join(append([]string{"Usage:\n  heketi-cli"}, arguments[:words]...), " ")
			output, err := exec.CommandContext(t.Context(), binaries.CLI, append(slices.Clone(arguments), "--help")...).CombinedOutput()
			if err != nil || !strings.Contains(string(output), usage) {
				t.Errorf("%s says heketi-cli %q, which is not taken: %v\n%s", page, arguments, err, output)
			}
		}
	}
}
