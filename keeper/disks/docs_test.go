package disks

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glusterfs-provisioner/test/documented"
)

// constants are the texts of the constants in a file whose names begin so, or in which no other prefix is.
func constants(t *testing.T, file string, has func(name string) bool) map[string]bool {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	ast.Inspect(parsed, func(node ast.Node) bool {
		spec, is := node.(*ast.ValueSpec)
		if !is || len(spec.Values) != 1 || !has(spec.Names[0].Name) {
			return true
		}
		if literal, is := spec.Values[0].(*ast.BasicLit); is && literal.Kind == token.STRING {
			text, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			found[text] = true
		}
		return true
	})
	return found
}

// TestDocsTellAllConditions holds the tables of docs/gluster-cluster.md against conditions, reasons and phases, both ways.
func TestDocsTellAllConditions(t *testing.T) {
	isCondition := func(name string) bool { return strings.HasPrefix(name, "Condition") }
	for _, test := range []struct {
		has  map[string]bool
		head []string
	}{
		{constants(t, "conditions.go", isCondition), []string{"condition", "it is true when"}},
		{constants(t, "conditions.go", func(name string) bool { return !isCondition(name) }), []string{"reason", "condition", "what it means", "what to do"}},
		{constants(t, "nodes.go", func(name string) bool { return strings.HasPrefix(name, "Node") }), []string{"phase of a node", "what it means"}},
		{constants(t, "devices.go", func(name string) bool { return strings.HasPrefix(name, "Device") }), []string{"phase of a disk", "what it means"}},
	} {
		told := map[string]bool{}
		for _, row := range documented.Table(t, "gluster-cluster.md", test.head...) {
			told[documented.Words(row[test.head[0]])[0]] = true
		}
		if !maps.Equal(told, test.has) {
			t.Errorf("docs/gluster-cluster.md tells of %q, and there are %q", slices.Sorted(maps.Keys(told)), slices.Sorted(maps.Keys(test.has)))
		}
	}
}

// TestDocsTellAllRemedies has the page tell of all words of heketi's that have a remedy.
func TestDocsTellAllRemedies(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "gluster-cluster.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range slices.Concat(deviceRemedies, nodeRemedies) {
		for _, words := range one.said {
			if !strings.Contains(string(page), "`"+words+"`") {
				t.Errorf("docs/gluster-cluster.md does not tell of %q", words)
			}
		}
	}
}
