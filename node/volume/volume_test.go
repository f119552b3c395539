package volume

import (
	"net/netip"
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
