package client

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/node/namespace"
)

// program writes a shell script that is called so.
func program(t *testing.T, path, says string) {
	t.Helper()
	if err := os.WriteFile(path, fmt.Appendf(nil, "#!/bin/sh\necho '%s'\n", says), 0o755); err != nil {
		t.Fatal(err)
	}
}

func here(t *testing.T) *namespace.Set {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can enter namespaces")
	}
	set, err := namespace.Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestClientIsFoundInThePath has a client that is only in a folder of PATH, as with systems
// whose own folders nobody can install to.
func TestClientIsFoundInThePath(t *testing.T) {
	folder := t.TempDir()
	program(t, filepath.Join(folder, "mount.glusterfs"), "")
	t.Setenv("PATH", "relative:"+folder+":/usr/bin")
	c := New(Options{})
	search := c.search()
	if path, err := c.mountProgram(search); err != nil || path != filepath.Join(folder, "mount.glusterfs") {
		t.Errorf("found is %s, %v", path, err)
	}
	if got := search.String(); !strings.HasPrefix(got, folder+":/usr/bin:/usr/local/sbin:") || strings.Count(got, "/usr/bin") != 1 ||
		!strings.Contains(got, ":/opt/bin:") || !strings.HasSuffix(got, ":/run/current-system/sw/bin") {
		t.Errorf("looked for in %s", got)
	}
}

func TestPathOfFirstProcess(t *testing.T) {
	environment, err := os.ReadFile("/proc/1/environ")
	if err != nil {
		t.Skip(err)
	}
	if got := pathOfFirstProcess(); strings.Contains("\x00"+string(environment), "\x00PATH=") != (got != "") || got != "" && !strings.Contains(string(environment), got) {
		t.Errorf("it is %q of %q", got, environment)
	}
}

// TestNoClient tells where the client was looked for.
func TestNoClient(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		flag string
		want string
	}{
		{file, "there is no GlusterFS client: --mount-program=" + file + " is no program there"},
		{"/none", "--mount-program=/none is no program there"},
		{filepath.Dir(file), "is no program there"},
	} {
		_, err := New(Options{MountProgram: test.flag}).mountProgram(nil)
		if !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("error is %v, want %s", err, test.want)
		}
	}
	_, err := New(Options{}).mountProgram(search{"/a", "/b"})
	if !errors.Is(err, ErrNotInstalled) || err.Error() != "there is no GlusterFS client: mount.glusterfs is in none of /a:/b" {
		t.Errorf("error is %v", err)
	}
}

// TestVersionIsThatOfTheProgramThere has the client be replaced while the plugin runs.
func TestVersionIsThatOfTheProgramThere(t *testing.T) {
	folder := t.TempDir()
	mount, glusterfs := filepath.Join(folder, "mount.glusterfs"), filepath.Join(folder, "glusterfs")
	c := New(Options{Namespaces: here(t), MountProgram: mount})
	if version, err := c.Version(t.Context()); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("no client has version %q, %v", version, err)
	}
	program(t, mount, "")
	for _, want := range []Version{"10.3", "11.1", "11.2rc0"} {
		program(t, glusterfs+".new", "glusterfs "+string(want)+"\nRepository revision: git://git.gluster.org/glusterfs.git")
		if err := os.Rename(glusterfs+".new", glusterfs); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if version, err := c.Version(t.Context()); version != want || err != nil {
				t.Errorf("the version is %q, %v, want %s", version, err, want)
			}
		}
	}
	program(t, glusterfs+".new", "no version")
	if err := os.Rename(glusterfs+".new", glusterfs); err != nil {
		t.Fatal(err)
	}
	if version, err := c.Version(t.Context()); version != "" || err == nil || !strings.Contains(err.Error(), "no version") {
		t.Errorf("the version is %q, %v", version, err)
	}
}

func TestMajor(t *testing.T) {
	for version, want := range map[Version]int{"10.3": 10, "9dev": 0, "11": 11, "": 0, "6.0rc1": 6} {
		if got := version.major(); got != want {
			t.Errorf("%q is %d, want %d", version, got, want)
		}
	}
}
