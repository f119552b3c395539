package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// repository is where the Dockerfile and the programs are.
var repository = filepath.Join("..", "..", "..")

func TestRecipesOfTheDockerfile(t *testing.T) {
	for target, user := range map[string]string{"glusterfs-provisioner": "65532:65532", "glusterfs-csi-node": "0:0", "heketi-keeper": "65532:65532"} {
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
		for label, want := range map[string]string{"title": target, "version": "1.2.3", "revision": "abc"} {
			if got := read.labels["org.opencontainers.image."+label]; got != want {
				t.Errorf("%s: label %s is %q, not %q", target, label, got, want)
			}
		}
		_, hasHeketi := read.programs["/heketi"]
		licenses := "Apache-2.0"
		if hasHeketi {
			licenses += " AND (LGPL-3.0-or-later OR GPL-2.0-only)"
		}
		if got := read.labels["org.opencontainers.image.licenses"]; got != licenses || hasHeketi != (target == "heketi-keeper") {
			t.Errorf("%s: it has %v, with the licenses %q", target, read.programs, got)
		}
	}
}

// TestProgramsAreBuiltAsByTheDockerfile holds what is compiled for each target against the commands of the
// Dockerfile.
func TestProgramsAreBuiltAsByTheDockerfile(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(repository, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	_, commands, _ := strings.Cut(strings.ReplaceAll(string(text), "\\\n", ""), "\nRUN CGO_ENABLED=0 ")
	for _, target := range []string{"glusterfs-provisioner", "glusterfs-csi-node", "heketi-keeper"} {
		read, _, err := readRecipe(repository, target, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, program := range read.programs {
			from := sourceOf(program)
			isBuilt := slices.ContainsFunc(strings.Split(commands, "\n"), func(command string) bool {
				words := strings.Fields(command)
				folder := "."
				if i := slices.Index(words, "-C"); i >= 0 {
					folder = words[i+1]
				}
				return slices.Contains(words, "build") && slices.Contains(words, from.pkg) && folder == from.folder
			})
			if !isBuilt {
				t.Errorf("%s: the Dockerfile does not build %s of %s from %s", target, program, from.pkg, from.folder)
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
