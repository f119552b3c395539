package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// repository is where the Dockerfile and the programs are.
var repository = filepath.Join("..", "..", "..")

func TestRecipesOfTheDockerfile(t *testing.T) {
	for target, user := range map[string]string{"glusterfs-provisioner": "65532:65532", "glusterfs-csi-node": "0:0"} {
		read, goVersion, err := readRecipe(repository, target, map[string]string{"VERSION": "1.2.3", "REVISION": "abc"})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(goVersion, "1.") {
			t.Errorf("%s: Go %q", target, goVersion)
		}
		if read.user != user || len(read.entrypoint) != 1 || read.programs[read.entrypoint[0]] != target {
			t.Errorf("%s: %+v", target, read)
		}
		for label, want := range map[string]string{"title": target, "version": "1.2.3", "revision": "abc", "licenses": "Apache-2.0"} {
			if got := read.labels["org.opencontainers.image."+label]; got != want {
				t.Errorf("%s: label %s is %q, not %q", target, label, got, want)
			}
		}
	}
}

func TestRecipesThatTakeAnEngine(t *testing.T) {
	if _, _, err := readRecipe(repository, "glusterfs-csi-node-with-client", nil); err == nil || !strings.Contains(err.Error(), "RUN") {
		t.Errorf("the target with a client was read: %v", err)
	}
	for dockerfile, want := range map[string]string{
		"FROM scratch AS t":                                                    "ARG GO_VERSION=",
		"ARG GO_VERSION=1.26.10\nFROM scratch AS other":                        "has no target t",
		"ARG GO_VERSION=1.26.10\nFROM scratch AS t\nCOPY a /a":                 "not one program of the stage build",
		"ARG GO_VERSION=1.26.10\nFROM scratch AS t\nCOPY --from=build a b /c/": "not one program of the stage build",
		"ARG GO_VERSION=1.26.10\nFROM scratch AS t\nENTRYPOINT /a":             "write it as a list",
		"ARG GO_VERSION=1.26.10\nFROM scratch AS t\nVOLUME /a":                 "\"VOLUME /a\": only an engine",
		"ARG GO_VERSION=1.26.10\nFROM scratch AS t\nHEALTHCHECK NONE":          "only an engine",
		"ARG GO_VERSION=1.26.10\nFROM scratch AS t\nSOMETHING else":            "cannot read the Dockerfile",
	} {
		root := t.TempDir()
		if err := os.WriteFile(filepath.Join(root, "Dockerfile"), []byte(dockerfile), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := readRecipe(root, "t", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", dockerfile, err, want)
		}
	}
}
