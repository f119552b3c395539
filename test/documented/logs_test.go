package documented

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// TestLogKeysAreDocumented holds the keys of docs/logs.md against those of all lines that the
// programs log, both ways, so that one thing has one key.
func TestLogKeysAreDocumented(t *testing.T) {
	told := map[string]bool{}
	for _, row := range Table(t, "logs.md", "key", "what it is") {
		for _, key := range Words(row["key"]) {
			told[key] = false
		}
	}
	for _, line := range logged(t) {
		for _, key := range line.keys {
			if _, known := told[key]; !known {
				t.Errorf("%s: docs/logs.md does not tell of the key %q; use one that it tells of, if one means the same", line.at, key)
			}
			told[key] = true
		}
	}
	for key, used := range told {
		if !used && key != "err" { // which klog itself gives to errors
			t.Errorf("docs/logs.md tells of the key %q, which no line has", key)
		}
	}
}

// TestLogLinesAreDocumented looks for the lines in the code that docs/logs.md tells of.
func TestLogLinesAreDocumented(t *testing.T) {
	messages := map[string]bool{}
	for _, line := range logged(t) {
		messages[line.message] = true
	}
	for _, file := range sources(t) {
		ast.Inspect(file.syntax, func(node ast.Node) bool {
			if text, ok := textOf(node); ok {
				messages[text+again] = true // a complaint of package work's
			}
			return true
		})
	}
	for _, by := range []string{"provisioner", "node plugin", "keeper", "keeper about disks", "host"} {
		for _, row := range Table(t, "logs.md", "line of the "+by, "when", "keys besides") {
			for _, message := range Words(row["line of the "+by]) {
				if !messages[message] {
					t.Errorf("docs/logs.md tells of the line %q, which nothing logs", message)
				}
			}
		}
	}
}

// again ends what package work logs.
const again = "; will try again"

// line is a line of the log, or what a logger gives to all lines that follow.
type line struct {
	at, message string
	keys        []string
}

type source struct {
	positions *token.FileSet
	syntax    *ast.File
}

// sources are the files that the programs are built of.
func sources(t *testing.T) (files []source) {
	t.Helper()
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"cmd", "host", "keeper", "node", "provisioner"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			positions := token.NewFileSet()
			syntax, err := parser.ParseFile(positions, path, nil, parser.SkipObjectResolution)
			files = append(files, source{positions, syntax})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// logged are all lines that the programs log. It fails the test if one is not logged in a way
// whose keys can be read here.
func logged(t *testing.T) (lines []line) {
	t.Helper()
	for _, file := range sources(t) {
		fetched, used := 0, 0
		ast.Inspect(file.syntax, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				return true
			}
			at := file.positions.Position(call.Pos()).String()
			switch called := calledOf(call); {
			case called == "klog.FromContext":
				fetched++
			case slices.Contains(unlogging, called):
			case strings.HasPrefix(called, "klog."):
				one, ok := lineOf(strings.TrimPrefix(called, "klog."), call.Args)
				if !ok {
					t.Errorf("%s: use klog.InfoS, klog.ErrorS or klog.FromContext, with keys that are written here", at)
				}
				if strings.HasPrefix(called, contextual) {
					used++
				}
				one.at = at
				lines = append(lines, one)
			}
			return true
		})
		if fetched != used {
			t.Errorf("%s: call what klog.FromContext returns at once, so that it can be seen what is logged", file.positions.Position(file.syntax.Pos()).Filename)
		}
	}
	return lines
}

// contextual begins the names of a logger's methods.
const contextual = "klog.Logger."

// unlogging are functions of klog that log nothing.
var unlogging = []string{"klog.Flush", "klog.NewContext", "klog.KRef", "klog.KObj", "klog.EnableContextualLogging", contextual + "V"}

// calledOf is what a call calls: a function of a package, or a method of a logger from a context.
func calledOf(call *ast.CallExpr) string {
	selector, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	switch of := selector.X.(type) {
	case *ast.Ident:
		return of.Name + "." + selector.Sel.Name
	case *ast.CallExpr:
		if called := calledOf(of); called == "klog.FromContext" || called == contextual+"V" {
			return contextual + selector.Sel.Name
		}
	}
	return ""
}

// lineOf reads the arguments of a function that logs.
func lineOf(function string, arguments []ast.Expr) (one line, ok bool) {
	before := map[string]int{"InfoS": 1, "ErrorS": 2, "Logger.Info": 1, "Logger.Error": 2, "Logger.WithValues": 0}
	skipped, known := before[function]
	if !known || len(arguments) < skipped || (len(arguments)-skipped)%2 != 0 {
		return line{}, false
	}
	if skipped > 0 {
		one.message, _ = textOf(arguments[skipped-1])
	}
	for i := skipped; i < len(arguments); i += 2 {
		key, isText := textOf(arguments[i])
		if !isText {
			return line{}, false
		}
		one.keys = append(one.keys, key)
	}
	return one, true
}

// textOf is the text of a literal.
func textOf(node ast.Node) (text string, ok bool) {
	literal, ok := node.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(literal.Value)
	return text, err == nil
}
