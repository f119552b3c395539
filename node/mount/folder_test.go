package mount

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const folder = "/var/lib/kubelet"

func TestRelative(t *testing.T) {
	for path, want := range map[string]string{
		folder + "/a": "a",
		folder + "/pods/x-1/volumes/kubernetes.io~csi/pvc-1/mount": "pods/x-1/volumes/kubernetes.io~csi/pvc-1/mount",
	} {
		if got, err := relative(folder, path); got != want || err != nil {
			t.Errorf("%s is %q, %v; want %q", path, got, err, want)
		}
	}
	for _, path := range []string{
		"", "/", folder, folder + "/", folder + "x/a", "/etc/passwd", "var/lib/kubelet/a", folder + "/a/", folder + "//a",
		folder + "/../a", folder + "/a/../../../etc", folder + "/./a", folder + "/a b", folder + "/a\n", folder + "/a*", folder + "/$(a)",
	} {
		if got, err := relative(folder, path); !errors.Is(err, ErrOutside) {
			t.Errorf("%q is %q, %v", path, got, err)
		}
	}
}

// FuzzRelative looks for paths that pass and lead out of the folder, or are more than
// one word to a shell.
func FuzzRelative(f *testing.F) {
	f.Add(folder, folder+"/pods/a/volumes/kubernetes.io~csi/b/mount")
	f.Add("/", "/a")
	f.Add(folder, folder+"/../x")
	f.Fuzz(func(t *testing.T, folder, path string) {
		if !filepath.IsAbs(folder) || filepath.Clean(folder) != folder {
			return
		}
		below, err := relative(folder, path)
		if err != nil {
			return
		}
		if filepath.Join(folder, below) != path || !filepath.IsLocal(below) || below == "." {
			t.Errorf("%q is %q below %q", path, below, folder)
		}
		if strings.ContainsAny(path, " \t\n\"'`$;&|<>(){}*?\\#!,=") {
			t.Errorf("%q was accepted", path)
		}
	})
}

func TestOpenBelowFollowsNoLinks(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(
		os.MkdirAll(filepath.Join(dir, "folder", "a", "b"), 0o755),
		os.Symlink("a", filepath.Join(dir, "folder", "link")),
		os.Symlink("/etc", filepath.Join(dir, "folder", "etc")),
		os.WriteFile(filepath.Join(dir, "folder", "file"), nil, 0o600),
		os.Symlink("folder", filepath.Join(dir, "linked")),
	); err != nil {
		t.Fatal(err)
	}
	for _, root := range []string{"folder", "linked"} {
		file, err := openBelow(filepath.Join(dir, root), "a/b")
		if err != nil {
			t.Fatal(err)
		}
		if path, err := realPath(file); err != nil || path != filepath.Join(dir, "folder", "a", "b") {
			t.Errorf("opened %s, %v", path, err)
		}
		_ = file.Close()
	}
	for _, below := range []string{"link", "link/b", "etc", "etc/ssl", "file", "file/x"} {
		if _, err := openBelow(filepath.Join(dir, "folder"), below); !errors.Is(err, ErrOutside) {
			t.Errorf("%s: error is %v", below, err)
		}
	}
	if _, err := openBelow(filepath.Join(dir, "folder"), "a/missing"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
}

func TestVolumeOfSource(t *testing.T) {
	for source, want := range map[string]string{
		"10.0.0.1:/pvc-1":                "pvc-1",
		"fd00::1:/pvc-1":                 "pvc-1",
		"10.0.0.1:/pvc-1/sub":            "pvc-1",
		"10.0.0.1:/pvc-1//sub":           "pvc-1",
		"10.0.0.1:/pvc-1.tcp":            "pvc-1",
		"10.0.0.1:/pvc-1.rdma/sub/a.tcp": "pvc-1",
		"10.0.0.1:/pvc-1.other":          "pvc-1.other",
		"10.0.0.1:pvc-1":                 "",
		"glusterfs":                      "",
	} {
		if got := (Mount{Source: source}).Volume(); got != want {
			t.Errorf("the volume of %s is %q, want %q", source, got, want)
		}
	}
}
