package host

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// files writes files below a new folder.
func files(t *testing.T, contents map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range contents {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// read reads all files below a folder.
func read(t *testing.T, folder string) map[string]string {
	t.Helper()
	contents := map[string]string{}
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(folder, path) // Both are absolute.
		contents[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

const packaged = "volume management\n    type mgmt/glusterd\n#   option transport.address-family inet6\n#   option base-port 49152\n    option max-port  60999\nend-volume\n"

func TestPrepare(t *testing.T) {
	h := &Host{config: Config{
		Glusterd: files(t, map[string]string{"hooks/1/start/post/S29.sh": "former", "groups/own": "person's", "glusterd.info": "UUID=x\n"}),
		Run:      files(t, map[string]string{"vols/v/h-b.pid": "1", "a.socket": ""}),
		Heketi:   t.TempDir(),
		Image:    files(t, map[string]string{"hooks/1/start/post/S29.sh": "of the image", "groups/virt": "options"}),
		Settings: filepath.Join(files(t, map[string]string{"glusterd.vol": packaged}), "glusterd.vol"),

		LastBrickPort: 50175,
	}}
	for range 2 {
		if err := h.prepare(); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"hooks/1/start/post/S29.sh": "of the image", "groups/own": "person's", "groups/virt": "options", "glusterd.info": "UUID=x\n"}
		if got := read(t, h.config.Glusterd); !maps.Equal(got, want) {
			t.Errorf("glusterd's folder has %q, want %q", got, want)
		}
		want = map[string]string{"glusterd.vol": strings.Replace(packaged, "60999", "50175", 1)}
		if got := read(t, h.config.Run); !maps.Equal(got, want) {
			t.Errorf("what is for this start is %q, want %q", got, want)
		}
	}
	if got := read(t, h.config.Heketi); !maps.Equal(got, map[string]string{"fstab": ""}) {
		t.Errorf("heketi's folder has %q", got)
	}
	info, err := os.Stat(filepath.Join(h.config.Glusterd, "hooks/1/start/post/S29.sh"))
	if err != nil || info.Mode().Perm()&0o111 == 0 {
		t.Errorf("a hook cannot be run: %v (%v)", info, err)
	}
}

// TestPrepareFails tells what is wrong with the image.
func TestPrepareFails(t *testing.T) {
	settings := files(t, map[string]string{"good": packaged, "bad": "volume management\nend-volume\n"})
	image := files(t, map[string]string{"hooks/x": "", "groups/x": ""})
	for name, test := range map[string]struct{ image, settings, want string }{
		"no hooks":    {t.TempDir(), "good", "cannot put hooks into"},
		"no settings": {image, "none", "no such file"},
		"no port":     {image, "bad", `has no line "option max-port  50175" to be changed`},
	} {
		h := &Host{config: Config{Glusterd: t.TempDir(), Heketi: t.TempDir(), Run: t.TempDir(), Image: test.image, Settings: filepath.Join(settings, test.settings), LastBrickPort: 50175}}
		if err := h.prepare(); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is %v, want %q", name, err, test.want)
		}
	}
}

func TestSettingsOfIPv6(t *testing.T) {
	h := &Host{config: Config{Run: t.TempDir(), Settings: filepath.Join(files(t, map[string]string{"s": packaged}), "s"), LastBrickPort: 49152, IPv6: true}}
	if err := h.writeSettings(); err != nil {
		t.Fatal(err)
	}
	want := "volume management\n    type mgmt/glusterd\n    option transport.address-family inet6\n#   option base-port 49152\n    option max-port  49152\nend-volume\n"
	if got := read(t, h.config.Run)["glusterd.vol"]; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestPrepareWritesWhatIsNew holds that a start on a node whose disk is full does not fail for a hook that is there already.
func TestPrepareWritesWhatIsNew(t *testing.T) {
	h := &Host{config: Config{Glusterd: t.TempDir(), Image: files(t, map[string]string{"hooks/1/S29.sh": "hook", "groups/virt": "options"})}}
	seed := func() os.FileInfo {
		t.Helper()
		if err := h.seed(); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(h.config.Glusterd, "hooks/1/S29.sh"))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	first, again := seed(), seed()
	if !os.SameFile(first, again) {
		t.Error("a file is written anew that has not changed")
	}
	if err := os.Chmod(filepath.Join(h.config.Glusterd, "hooks/1/S29.sh"), 0o600); err != nil {
		t.Fatal(err)
	}
	if mode := seed().Mode(); mode != first.Mode() {
		t.Errorf("the hook has mode %v, and the image's has %v", mode, first.Mode())
	}
}
