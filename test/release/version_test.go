package release

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// places are where the version stands, each once or more.
var places = map[string]*regexp.Regexp{
	"Makefile":                                        regexp.MustCompile(`(?m)^VERSION +\?= (\S+)`),
	"deploy/chart/Chart.yaml":                         regexp.MustCompile(`(?m)^(?:version|appVersion): (\S+)`),
	"deploy/20-deployment.yaml":                       regexp.MustCompile(`(?m)image: \S+:(\S+)`),
	"deploy/csi/30-daemonset.yaml":                    regexp.MustCompile(`(?m)image: \S+:(\S+)`),
	"deploy/heketi/30-deployment.yaml":                regexp.MustCompile(`(?m)image: \S+:(\S+)`),
	"deploy/csi-variants/container-client/patch.yaml": regexp.MustCompile(`(?m)image: \S+:(\S+)-with-client`),
	"test/e2e/node/images.go":                         regexp.MustCompile(`"registry\.example\.com/(?:glusterfs|heketi)-[a-z-]+:(\S+)"`),
	"README.md":                                       regexp.MustCompile(`(?m)docker push \S+:(\S+)`),
}

// newest is the heading of the version that CHANGELOG.md begins with, and when it was released.
var newest = regexp.MustCompile(`(?m)^## (\S+), (.+)$`)

// day is how a released version has its day.
var day = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// TestVersionIsTheSameEverywhere holds all files that name the version against CHANGELOG.md.
func TestVersionIsTheSameEverywhere(t *testing.T) {
	version, _ := newestVersion(t)
	for file, pattern := range places {
		found := pattern.FindAllStringSubmatch(read(t, file), -1)
		if len(found) == 0 {
			t.Errorf("%s does not name the version where it did: %s", file, pattern)
		}
		for _, match := range found {
			if match[1] != version {
				t.Errorf("%s has version %s, and CHANGELOG.md begins with %s", file, match[1], version)
			}
		}
	}
}

// TestVersionIsReleased is for a tag only, which TAG names.
func TestVersionIsReleased(t *testing.T) {
	tag := os.Getenv("TAG")
	if tag == "" {
		t.Skip("left out: there is no TAG")
	}
	version, when := newestVersion(t)
	if tag != "v"+version || !day.MatchString(when) {
		t.Errorf("the tag is %s, and CHANGELOG.md begins with %q: write the day of the release there, such as %q", tag, version+", "+when, "0.1.0, 2026-01-31")
	}
}

func newestVersion(t *testing.T) (version, when string) {
	t.Helper()
	found := newest.FindStringSubmatch(read(t, "CHANGELOG.md"))
	if found == nil {
		t.Fatalf("CHANGELOG.md has no version: %s", newest)
	}
	return found[1], strings.TrimSpace(found[2])
}

// read reads a file of the repository.
func read(t *testing.T, name string) string {
	t.Helper()
	root, err := bench.Root(".")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
