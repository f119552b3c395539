package volume

import (
	"maps"
	"net/netip"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	cluster = "0123456789abcdef0123456789abcdef"
	id      = "fedcba9876543210fedcba9876543210"
	handle  = cluster + ":" + id
)

func attributes() map[string]string {
	return map[string]string{"cluster": cluster, "volume": "pvc-1_a", "servers": "10.0.0.1,10.0.0.2,fd00::3"}
}

func TestParse(t *testing.T) {
	v, err := Parse(handle, attributes())
	if err != nil {
		t.Fatal(err)
	}
	want := []netip.Addr{netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("10.0.0.2"), netip.MustParseAddr("fd00::3")}
	if v.Cluster != cluster || v.ID != id || v.Name != "pvc-1_a" || !slices.Equal(v.Servers, want) {
		t.Errorf("read %+v", v)
	}
}

func TestParseIgnoresOtherAttributes(t *testing.T) {
	a := attributes()
	a["storage.kubernetes.io/csiProvisionerIdentity"] = "x"
	if _, err := Parse(handle, a); err != nil {
		t.Error(err)
	}
}

// TestParseRefuses sets one thing wrong at a time. The error names the field.
func TestParseRefuses(t *testing.T) {
	for _, wrong := range []struct{ field, value string }{
		{"volumeHandle", ""},
		{"volumeHandle", cluster},
		{"volumeHandle", cluster + "-" + id},
		{"volumeHandle", strings.ToUpper(cluster) + ":" + id},
		{"volumeHandle", handle + ":" + id},
		{"volumeHandle", "../" + handle},
		{"cluster", ""},
		{"cluster", id},
		{"volume", ""},
		{"volume", "-f"},
		{"volume", "--dump-fuse=/etc/passwd"},
		{"volume", "a,b"},
		{"volume", "a b"},
		{"volume", "a/b"},
		{"volume", "..\n"},
		{"volume", "$(reboot)"},
		{"volume", strings.Repeat("a", 256)},
		{"servers", ""},
		{"servers", ","},
		{"servers", "10.0.0.1,"},
		{"servers", "10.0.0.1, 10.0.0.2"},
		{"servers", "gluster.example.com"},
		{"servers", "10.0.0.1:24007"},
		{"servers", "-s"},
		{"servers", "fe80::1%eth0"},
		{"servers", "0.0.0.0"},
		{"servers", "224.0.0.1"},
		{"servers", "[fd00::3]"},
	} {
		h, a := handle, attributes()
		if wrong.field == "volumeHandle" {
			h = wrong.value
		} else {
			a[wrong.field] = wrong.value
		}
		if _, err := Parse(h, a); err == nil || !strings.Contains(err.Error(), wrong.field) {
			t.Errorf("%s %q: error is %v", wrong.field, wrong.value, err)
		}
	}
}

func TestParseNamesAllThatIsWrong(t *testing.T) {
	_, err := Parse("x", nil)
	for _, field := range []string{"volumeHandle", "volumeAttributes.volume", "volumeAttributes.servers"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("error is %v, want it to name %s", err, field)
		}
	}
}

// FuzzParse looks for what passes and would be more than a volume's name or a
// server's address in a command line.
func FuzzParse(f *testing.F) {
	f.Add(handle, cluster, "pvc-1", "10.0.0.1,fd00::3")
	f.Add(handle, cluster, "-pvc", "10.0.0.1,,")
	f.Add("a:b", "a", "a,b", "fe80::1%a,b")
	f.Fuzz(func(t *testing.T, handle, cluster, name, servers string) {
		v, err := Parse(handle, map[string]string{"cluster": cluster, "volume": name, "servers": servers})
		if err != nil {
			return
		}
		if v.Cluster+":"+v.ID != handle || len(handle) != 65 || v.Name != name {
			t.Errorf("%q, %q were read as %+v", handle, name, v)
		}
		if strings.HasPrefix(name, "-") || strings.ContainsFunc(name, func(r rune) bool { return !strings.ContainsRune(characters, r) }) {
			t.Errorf("the name %q was accepted", name)
		}
		if len(v.Servers) == 0 {
			t.Errorf("no servers were accepted")
		}
		for _, server := range v.Servers {
			if strings.ContainsAny(server.String(), ", %/-\n") {
				t.Errorf("the server %q was accepted", server)
			}
		}
	})
}

const characters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"

const logs = "/var/log/glusterfs"

func TestParseOptions(t *testing.T) {
	options, err := ParseOptions([]string{"ro,log-level=INFO", "acl", "log-file=/var/log/glusterfs/mine.log", "backup-volfile-servers=10.0.0.1:[fd00::2]"}, logs+"/")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := options.String(), "ro,log-level=INFO,acl,log-file=/var/log/glusterfs/mine.log,backup-volfile-servers=10.0.0.1:[fd00::2]"; got != want {
		t.Errorf("options are %s, want %s", got, want)
	}
}

func TestNoOptions(t *testing.T) {
	options, err := ParseOptions(nil, logs)
	if err != nil || len(options) != 0 {
		t.Errorf("options are %v, %v", options, err)
	}
}

func TestParseOptionsRefuses(t *testing.T) {
	for _, text := range []string{
		"", ",", "ro,", "-o", "--dump-fuse=/x", "a=", "a b", "a=b c", "a=*", "a=$(b)", "a=`b`", "a=b;c", "a='b'", "a=b=c", "a\nb",
		"volume-id=other", "volume-name=other", "fuse-mountopts=allow_other", "dump-fuse=/etc/cron.d/x", "process-name=x",
		"log-file=/etc/passwd", "log-file=/var/log/glusterfs/../x", "log-file=/var/log/glusterfs/..", "log-file=/var/log/glusterfs", "log-file=x", "log-file=/var/log/glusterfs/a/b", "log-file",
	} {
		if options, err := ParseOptions([]string{text}, logs); err == nil || !strings.Contains(err.Error(), "mountOptions") {
			t.Errorf("%q was read as %v, error %v", text, options, err)
		}
	}
}

func TestGivenOptionsWinOverDefaults(t *testing.T) {
	given := Options{{"log-level", "INFO"}, {"log-level", "DEBUG"}, {"ro", ""}}
	got := given.WithDefaults(Option{"log-level", "ERROR"}, Option{"log-file", "/x"})
	if want := "log-file=/x,log-level=INFO,log-level=DEBUG,ro"; got.String() != want {
		t.Errorf("options are %s, want %s", got, want)
	}
	if level, _ := got.Value("log-level"); level != "DEBUG" {
		t.Errorf("the last log level is %s", level)
	}
}

// FuzzParseOptions looks for options that pass and would be more than one word in a
// shell, or write outside the folder.
func FuzzParseOptions(f *testing.F) {
	for text := range maps.Keys(refused) {
		f.Add(text + "=x")
	}
	f.Add("ro,log-level=INFO,log-file=/var/log/glusterfs/x")
	f.Add("xlator-option=transport.address-family=inet6")
	f.Fuzz(func(t *testing.T, text string) {
		options, err := ParseOptions([]string{text}, logs)
		if err != nil {
			return
		}
		if options.String() != text {
			t.Errorf("%q was read as %q", text, options)
		}
		if strings.ContainsAny(text, " \t\n\"'`$;&|<>(){}*?\\#!~") || strings.HasPrefix(text, "-") {
			t.Errorf("%q was accepted", text)
		}
		if file, found := options.Value(LogFile); found && path.Dir(path.Clean(file)) != logs {
			t.Errorf("the log file %q was accepted", file)
		}
	})
}
