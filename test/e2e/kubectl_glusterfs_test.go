package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// testKubectlGlusterfs asks kubectl glusterfs about a claim that a pod uses, and for what only pods
// can tell it: an audit, and their logs and metrics in a bundle.
func testKubectlGlusterfs(t *testing.T) {
	makeClass(t, "asked", nil)
	makeNamespace(t, "asking")
	makeClaim(t, claim{namespace: "asking", name: "data", class: "asked"})
	startPod(t, "asking", "reader", "data")

	if got := kubectlGlusterfs(t, "why", "data", "--namespace=asking"); !strings.HasPrefix(got, "Claim asking/data: it is Bound, and nothing is wrong with it.") {
		t.Errorf("why says %q", got)
	}
	checked := kubectlGlusterfs(t, "check")
	for _, ok := range []string{"provisioner's rights", "deployment", "leader", "other namespaces"} {
		if !containsLine(checked, ok, "ok") {
			t.Errorf("check does not say that %s is ok:\n%s", ok, checked)
		}
	}
	var report struct {
		Heketis []any `json:"heketis"`
	}
	audited := kubectlGlusterfs(t, "audit", "--", "-o", "json")
	if err := json.Unmarshal([]byte(audited), &report); err != nil || len(report.Heketis) == 0 {
		t.Errorf("the audit prints %q: %v", audited, err)
	}
	file := filepath.Join(t.TempDir(), "bundle.tar.gz")
	kubectlGlusterfs(t, "bundle", "--file="+file)
	content := unpacked(t, file)
	for _, want := range []string{`"Took over"`, "glusterfs_provisioner_leader 1", "Volume made"} {
		if !strings.Contains(content, want) {
			t.Errorf("the bundle does not have %q", want)
		}
	}
	if strings.Contains(content, env.heketi.AdminKey()) {
		t.Error("the bundle has heketi's key")
	}
}

// kubectlGlusterfs returns what the command prints. Others make classes and volumes meanwhile, so it may
// find something wrong that is theirs; it has to be able to tell.
func kubectlGlusterfs(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), commandBound)
	defer cancel()
	output, err := bench.Run(ctx, env.person.Environment, filepath.Join(env.root, "bin", "kubectl-glusterfs"), args...)
	if err != nil && !strings.Contains(err.Error(), "exit status 1") {
		t.Fatal(err)
	}
	return string(output)
}

// containsLine tells whether a text has a line that begins so, with that word next.
func containsLine(text, beginning, next string) bool {
	for line := range strings.Lines(text) {
		if rest, found := strings.CutPrefix(line, beginning); found && strings.HasPrefix(strings.TrimSpace(rest), next) {
			return true
		}
	}
	return false
}

// unpacked is the content of all files of an archive.
func unpacked(t *testing.T, file string) string {
	t.Helper()
	packed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	archive, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	var content strings.Builder
	for files := tar.NewReader(archive); ; {
		_, err := files.Next()
		if errors.Is(err, io.EOF) {
			return content.String()
		}
		if err == nil {
			_, err = io.Copy(&content, files)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
