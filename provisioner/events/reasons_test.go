package events

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"glusterfs-provisioner/test/documented"
)

// notSent are reasons that the library has for what the provisioner does not have it do.
var notSent = map[string]bool{
	"ProvisioningCleanupFailed": true, // it would delete volumes whose PersistentVolume cannot be saved
}

// source is what the sources say of events.
type source struct {
	// constants are the reasons of each folder, by the name of the constant.
	constants map[string]map[string]string
	// reasons are all reasons, with the types of event that calls give them.
	reasons map[string]map[string]bool
}

// TestDocsTellAllEvents holds docs/events.md against the reasons in the sources of provisioner,
// node plugin, keeper and library, both ways. A reason is a constant whose name begins so.
func TestDocsTellAllEvents(t *testing.T) {
	found := source{map[string]map[string]string{}, map[string]map[string]bool{}}
	for _, folder := range []string{"../../provisioner", "../../node", "../../keeper", "../../cmd"} {
		each(t, folder, found.findConstants)
		each(t, folder, func(t *testing.T, folder string, file *ast.File) { found.findCalls(t, folder, file, false) })
	}
	library, err := exec.CommandContext(t.Context(), "go", "list", "-f", "{{.Dir}}", "sigs.k8s.io/sig-storage-lib-external-provisioner/v9/controller").Output()
	if err != nil {
		t.Fatal(err)
	}
	each(t, strings.TrimSpace(string(library)), func(t *testing.T, folder string, file *ast.File) { found.findCalls(t, folder, file, true) })
	maps.DeleteFunc(found.reasons, func(reason string, _ map[string]bool) bool { return notSent[reason] })
	if len(found.reasons) < 20 {
		t.Errorf("found only %d reasons", len(found.reasons))
	}
	for _, row := range documented.Table(t, "events.md", "reason", "type", "object", "what it means", "what to do") {
		for _, reason := range documented.Words(row["reason"]) {
			types, sent := found.reasons[reason]
			if !sent {
				t.Errorf("docs/events.md tells of %s, which nobody sends", reason)
			}
			if len(types) > 0 && !types[row["type"]] {
				t.Errorf("docs/events.md says that %s is %s, and it is %q", reason, row["type"], slices.Collect(maps.Keys(types)))
			}
			delete(found.reasons, reason)
		}
	}
	for reason := range found.reasons {
		t.Errorf("docs/events.md does not tell of %s", reason)
	}
}

// each calls visit for each file of a folder and below that is no test.
func each(t *testing.T, folder string, visit func(t *testing.T, folder string, file *ast.File)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err == nil {
			visit(t, filepath.Dir(path), file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (s source) findConstants(_ *testing.T, folder string, file *ast.File) {
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			continue
		}
		for _, spec := range general.Specs {
			value, ok := spec.(*ast.ValueSpec)
			if !ok || len(value.Values) != 1 || !strings.HasPrefix(strings.ToLower(value.Names[0].Name), "reason") {
				continue
			}
			if text, ok := literal(value.Values[0]); ok {
				if s.constants[folder] == nil {
					s.constants[folder] = map[string]string{}
				}
				s.constants[folder][value.Names[0].Name] = text
				s.add(text, "")
			}
		}
	}
}

// findCalls finds the types of the events whose reason a call names. A reason that stands in the
// call itself is an error, except in the library.
func (s source) findCalls(t *testing.T, folder string, file *ast.File, isLibrary bool) {
	ast.Inspect(file, func(node ast.Node) bool {
		call, ok := node.(*ast.CallExpr)
		if !ok || len(call.Args) < 4 {
			return true
		}
		called, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || called.Sel.Name != "Event" && called.Sel.Name != "Eventf" {
			return true
		}
		kind := ""
		if selected, ok := call.Args[1].(*ast.SelectorExpr); ok {
			kind = strings.TrimPrefix(selected.Sel.Name, "EventType")
		}
		switch reason := call.Args[2].(type) {
		case *ast.Ident:
			if text, ok := s.constants[folder][reason.Name]; ok {
				s.add(text, kind)
			}
		case *ast.SelectorExpr: // another package's constant, or a field with one
		default:
			text, ok := literal(reason)
			if !ok || !isLibrary {
				t.Errorf("%s: the reason of an event is %T %s; have it be a constant whose name begins with reason or Reason", folder, reason, text)
			}
			if ok {
				s.add(text, kind)
			}
		}
		return true
	})
}

// add notes a reason, with a type of event unless that is not known.
func (s source) add(reason, kind string) {
	if s.reasons[reason] == nil {
		s.reasons[reason] = map[string]bool{}
	}
	if kind != "" {
		s.reasons[reason][kind] = true
	}
}

func literal(expression ast.Expr) (string, bool) {
	basic, ok := expression.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(basic.Value)
	return text, err == nil
}
