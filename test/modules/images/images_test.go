package main

import (
	"archive/tar"
	"bytes"
	"cmp"
	"debug/buildinfo"
	"debug/elf"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

const (
	testVersion  = "1.2.3"
	testRevision = "0123456789abcdef0123456789abcdef01234567"
)

// TestImages builds the images of the repository as "make image-all" does, and reads what was written.
func TestImages(t *testing.T) {
	r := releaseOf(t, repository)
	for _, target := range []string{"glusterfs-provisioner", "glusterfs-csi-node", "heketi-keeper"} {
		t.Run(target, func(t *testing.T) {
			digest, err := r.build(t.Context(), target, "registry.example.com/"+target)
			if err != nil {
				t.Fatal(err)
			}
			index, tag, err := imagesIn(unpacked(t, filepath.Join(r.output, target+"-"+testVersion+".tar")))
			if err != nil {
				t.Fatal(err)
			}
			if err := validate.Index(index); err != nil {
				t.Error(err)
			}
			if is, err := index.Digest(); is != digest || err != nil {
				t.Errorf("the archive has %s, not %s: %v", is, digest, err)
			}
			if want := "registry.example.com/" + target + ":" + testVersion; tag.String() != want {
				t.Errorf("the archive names the image %s, not %s", tag, want)
			}
			manifest, err := index.IndexManifest()
			if err != nil {
				t.Fatal(err)
			}
			if len(manifest.Manifests) != len(platforms) {
				t.Fatalf("it has %d images, not %d", len(manifest.Manifests), len(platforms))
			}
			for i, platform := range platforms {
				if is := manifest.Manifests[i].Platform; is == nil || !is.Equals(platform) {
					t.Errorf("image %d is for %s, not %s", i, is, platform)
				}
				image, err := index.Image(manifest.Manifests[i].Digest)
				if err != nil {
					t.Fatal(err)
				}
				checkImage(t, r, target, platform, image)
			}
		})
	}
}

func releaseOf(t *testing.T, root string) release {
	t.Helper()
	if os.Getenv("IMAGES") != "1" {
		t.Skip("left out: to compile all programs for all platforms takes minutes; make image-test runs it")
	}
	return release{
		root: root, output: t.TempDir(), version: testVersion, revision: testRevision, created: created,
		ldflags: "-s -w -X k8s.io/component-base/version.gitVersion=v" + testVersion,
	}
}

func checkImage(t *testing.T, r release, target string, platform v1.Platform, image v1.Image) {
	t.Helper()
	made, goVersion, err := readRecipe(r.root, target, map[string]string{"VERSION": r.version, "REVISION": r.revision})
	if err != nil {
		t.Fatal(err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if !config.Created.Equal(r.created) || config.OS != platform.OS || config.Architecture != platform.Architecture {
		t.Errorf("%s: made at %s for %s/%s", platform, config.Created, config.OS, config.Architecture)
	}
	if config.Config.User != made.user || !slices.Equal(config.Config.Entrypoint, made.entrypoint) || !maps.Equal(config.Config.Labels, made.labels) {
		t.Errorf("%s: %+v is not what the Dockerfile says: %+v", platform, config.Config, made)
	}
	if _, found := config.Config.ExposedPorts["8080/tcp"]; !found {
		t.Errorf("%s: port 8080 is not among %v", platform, config.Config.ExposedPorts)
	}
	files := filesOf(t, image)
	checkBase(t, files)
	for path, name := range made.programs {
		program := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(program, files[strings.TrimPrefix(path, "/")], 0o700); err != nil {
			t.Fatal(err)
		}
		checkProgram(t, program, goVersion, platform)
		checkContents(t, r, program, platform)
	}
}

// versionOf is what the list of what is in a program says of itself.
func versionOf(t *testing.T, program string) string {
	t.Helper()
	if _, isOther := sources[filepath.Base(program)]; !isOther {
		return "v" + testVersion
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	return info.Main.Version
}

// filesOf returns the files of an image by their paths.
func filesOf(t *testing.T, image v1.Image) map[string][]byte {
	t.Helper()
	extracted := mutate.Extract(image)
	defer extracted.Close()
	files := map[string][]byte{}
	for archive := tar.NewReader(extracted); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Uid != 0 || header.Gid != 0 || !header.ModTime.IsZero() && header.ModTime.Unix() != 0 {
			t.Errorf("%s belongs to %d:%d and is of %s", header.Name, header.Uid, header.Gid, header.ModTime)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = content
	}
}

func checkProgram(t *testing.T, program, goVersion string, platform v1.Platform) {
	t.Helper()
	parsed, err := elf.Open(program)
	if err != nil {
		t.Fatal(err)
	}
	defer parsed.Close()
	if want := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[platform.Architecture]; parsed.Machine != want {
		t.Errorf("the program for %s is one for %s", platform, parsed.Machine)
	}
	if libraries, err := parsed.ImportedLibraries(); err != nil || len(libraries) > 0 || parsed.Section(".interp") != nil {
		t.Errorf("the program for %s is not static: %v, %v", platform, libraries, err)
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if info.GoVersion != "go"+goVersion {
		t.Errorf("the program for %s was compiled by %s, not by Go %s, which the Dockerfile names", platform, info.GoVersion, goVersion)
	}
	if platform.Architecture != hostArchitecture(t) {
		return
	}
	// heketi's own does not know its version.
	want := map[string]string{"heketi": "Heketi (dev)"}
	output, err := exec.CommandContext(t.Context(), program, "--version").CombinedOutput()
	if err != nil || !strings.Contains(string(output), cmp.Or(want[filepath.Base(program)], "v"+testVersion)) {
		t.Errorf("%s --version: %v: %s", filepath.Base(program), err, output)
	}
}

func hostArchitecture(t *testing.T) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "go", "env", "GOHOSTARCH").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes.TrimSpace(output))
}

// checkContents holds the list of what is in an image against the program that the image has.
func checkContents(t *testing.T, r release, program string, platform v1.Platform) {
	t.Helper()
	name := filepath.Base(program) + "-" + r.version + "-" + platform.OS + "-" + platform.Architecture + ".cdx.json"
	text, err := os.ReadFile(filepath.Join(r.output, name))
	if err != nil {
		t.Fatal(err)
	}
	var list struct {
		BOMFormat string
		Metadata  struct {
			Component  struct{ Name, Version string }
			Properties []struct{ Name, Value string }
		}
		Components []struct{ Name, Version, PURL string }
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	if is := list.Metadata.Component; list.BOMFormat != "CycloneDX" || is.Name != filepath.Base(program) || is.Version != versionOf(t, program) {
		t.Errorf("%s is a %s of %+v", name, list.BOMFormat, is)
	}
	if !slices.ContainsFunc(list.Metadata.Properties, func(property struct{ Name, Value string }) bool {
		return strings.HasSuffix(property.Name, ":GOARCH") && property.Value == platform.Architecture
	}) {
		t.Errorf("%s does not say that it is for %s: %+v", name, platform, list.Metadata.Properties)
	}
	for _, other := range platforms {
		if other.Architecture != platform.Architecture && strings.Contains(string(text), other.Architecture) {
			t.Errorf("%s names %s, but is for %s", name, other, platform)
		}
	}
	listed := map[string]string{}
	for _, component := range list.Components {
		listed[component.Name] = component.Version
		if !strings.HasPrefix(component.PURL, "pkg:golang/") {
			t.Errorf("%s names %s by %q", name, component.Name, component.PURL)
		}
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"std": info.GoVersion, rootsModule: pinned(rootsModule).Version}
	for _, module := range info.Deps {
		if module.Replace != nil {
			module = module.Replace
		}
		want[module.Path] = module.Version
	}
	if len(info.Deps) < 10 || !maps.Equal(listed, want) {
		t.Errorf("%s lists %v, but the image has %v", name, listed, want)
	}
}
