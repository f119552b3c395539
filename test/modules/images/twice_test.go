package main

import (
	"archive/tar"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// TestTwoBuilds builds all images in two folders and compares each file that was written. The first may
// take from the machine's cache what was compiled before; the second compiles everything anew.
func TestTwoBuilds(t *testing.T) {
	first := buildIn(t, copied(t, "one"))
	t.Setenv("GOCACHE", t.TempDir())
	second := buildIn(t, copied(t, "another"))
	if len(first) == 0 || !maps.Equal(first, second) {
		t.Errorf("two builds differ:\n%v\n%v", first, second)
	}
}

// buildIn builds all images of a repository, and returns the hashes of the files that were written.
func buildIn(t *testing.T, root string) map[string]string {
	t.Helper()
	r := releaseOf(t, root)
	for _, target := range []string{"glusterfs-provisioner", "glusterfs-csi-node", "heketi-keeper"} {
		if _, err := r.build(t.Context(), target, "registry.example.com/"+target); err != nil {
			t.Fatal(err)
		}
	}
	return sums(t, r.output)
}

// copied copies what the images are built from into a folder of this name, as it is in no repository.
func copied(t *testing.T, name string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), name)
	for _, part := range []string{"cmd", "keeper", "node", "provisioner"} {
		if err := os.CopyFS(filepath.Join(to, part), os.DirFS(filepath.Join(repository, part))); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []string{"Dockerfile", "go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(repository, part))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, part), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// sums returns the hashes of all files in a folder.
func sums(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := os.DirFS(folder)
	found := map[string]string{}
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(files, path)
		found[path] = fmt.Sprintf("%x", sha256.Sum256(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// unpacked unpacks an archive, and returns the folder.
func unpacked(t *testing.T, archive string) string {
	t.Helper()
	opened, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	folder := t.TempDir()
	for files := tar.NewReader(opened); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return folder
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, filepath.FromSlash(header.Name))
		if header.Typeflag == tar.TypeDir {
			err = os.MkdirAll(path, 0o700)
		} else {
			var content []byte
			if content, err = io.ReadAll(files); err == nil {
				err = os.WriteFile(path, content, 0o600)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
