package app

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/inventory"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/preflight"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/why"
	"glusterfs-provisioner/test/documented"
)

// TestDocsTellAllFields has docs/kubectl-glusterfs.md tell each field of what is printed as JSON,
// and each verb.
func TestDocsTellAllFields(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "kubectl-glusterfs.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, printed := range []any{why.Answer{}, why.Look{}, inventory.Volume{}, inventory.Class{}, inventory.Heketi{}, preflight.Report{}, preflight.Line{}, list[inventory.Volume]{}} {
		of := reflect.TypeOf(printed)
		for i := range of.NumField() {
			name, _, _ := strings.Cut(of.Field(i).Tag.Get("json"), ",")
			if name == "" || !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("docs/kubectl-glusterfs.md does not tell of %s.%s, %q", of, of.Field(i).Name, name)
			}
		}
	}
	for _, verb := range newRoot(name).Commands() {
		if !strings.Contains(string(text), "`"+verb.Name()) {
			t.Errorf("docs/kubectl-glusterfs.md does not tell of the verb %s", verb.Name())
		}
	}
}

// TestCommandsInDocsAreTaken has all commands of kubectl glusterfs that pages have be read, down to
// their flags.
func TestCommandsInDocsAreTaken(t *testing.T) {
	for page, commands := range documented.Commands(t, "kubectl glusterfs") {
		for _, arguments := range commands {
			verb, rest, err := newRoot(name).Find(arguments)
			if err == nil {
				err = verb.ParseFlags(rest)
			}
			if err == nil {
				err = verb.ValidateArgs(verb.Flags().Args())
			}
			if err != nil || !verb.HasParent() {
				t.Errorf("%s says kubectl glusterfs %q, which is not taken: %v", page, arguments, err)
			}
		}
	}
}
