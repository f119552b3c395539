package host

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// ownMounts has a test run in a process with mounts of its own, and tells whether it is that process.
func ownMounts(t *testing.T) bool {
	t.Helper()
	const variable = "HOST_TEST_OWN_MOUNTS"
	if os.Getenv(variable) != "" {
		return true
	}
	command := exec.CommandContext(t.Context(), "unshare", "--user", "--map-root-user", "--mount", os.Args[0], "-test.run=^"+t.Name()+"$")
	command.Env = append(os.Environ(), variable+"=1")
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, output)
	}
	return false
}

// TestCover covers a mount point below which the node's own disk has a brick's folder: that is seen again only when the cover is
// taken away, and no mount of another is.
func TestCover(t *testing.T) {
	if !ownMounts(t) {
		return
	}
	point := filepath.Join(t.TempDir(), "brick_1")
	folder := filepath.Join(point, "brick")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := cover(point); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder beneath is seen (%v)", err)
	}
	if err := os.Mkdir(folder, 0o755); !errors.Is(err, unix.EROFS) {
		t.Errorf("a folder can be made: %v", err)
	}
	if mounted, err := readMounts(); err != nil || mounted.has(point) {
		t.Errorf("the cover counts as a brick (%v)", err)
	}
	for range 2 {
		if err := uncover(point); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(folder); err != nil {
		t.Errorf("the folder is not seen: %v", err)
	}

	// A brick is mounted meanwhile, by a person.
	if err := unix.Mount("person", point, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(cover(point), uncover(point)); err != nil {
		t.Fatal(err)
	}
	if mounted, err := readMounts(); err != nil || mounted[point] != "person" {
		t.Errorf("mounted is %q (%v)", mounted[point], err)
	}

	// What each start empties is not emptied while something is mounted below it.
	file := filepath.Join(point, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := empty(filepath.Dir(point)); err == nil {
		t.Error("a folder is emptied below which something is mounted")
	}
	if _, err := os.Stat(file); err != nil {
		t.Errorf("the file is gone: %v", err)
	}
	if err := unix.Unmount(point, 0); err != nil {
		t.Fatal(err)
	}
}
