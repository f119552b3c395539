package client

import (
	"net/netip"
	"testing"

	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/node/volume"
)

var v = volume.Volume{Cluster: "c", ID: "i", Name: "pvc-1"}

func addresses(texts ...string) []netip.Addr {
	all := make([]netip.Addr, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParseAddr(text)
	}
	return all
}

func TestMountOptions(t *testing.T) {
	const log = "log-file=/var/log/glusterfs/csi-c-i.log,log-level=ERROR,"
	for name, test := range map[string]struct {
		servers []netip.Addr
		given   mountoptions.Options
		want    string
	}{
		"one server":    {addresses("10.0.0.1"), nil, log + "oom-score-adj=0"},
		"three servers": {addresses("10.0.0.1", "10.0.0.2", "10.0.0.3"), nil, log + "oom-score-adj=0,backup-volfile-servers=10.0.0.2:10.0.0.3"},
		"IPv6":          {addresses("fd00::1", "fd00::2"), nil, log + "oom-score-adj=0,xlator-option=transport.address-family=inet6"},
		"both":          {addresses("10.0.0.1", "fd00::2", "10.0.0.3"), nil, log + "oom-score-adj=0,backup-volfile-servers=10.0.0.3"},
		"given ones win": {addresses("10.0.0.1", "10.0.0.2"), mountoptions.Options{{Name: "log-level", Value: "DEBUG"}, {Name: "backup-volfile-servers", Value: "10.0.0.9"}, {Name: "oom-score-adj", Value: "-500"}, {Name: "ro"}},
			"log-file=/var/log/glusterfs/csi-c-i.log,log-level=DEBUG,backup-volfile-servers=10.0.0.9,oom-score-adj=-500,ro"},
	} {
		request := Request{Volume: v, Servers: test.servers, Options: test.given}
		if got := New(Options{LogDir: "/var/log/glusterfs", Host: true}).mountOptions(request).String(); got != test.want {
			t.Errorf("%s: options are\n%s, want\n%s", name, got, test.want)
		}
	}
	if got := New(Options{LogDir: "/log"}).mountOptions(Request{Volume: v, Servers: addresses("10.0.0.1")}).String(); got != "log-file=/log/csi-c-i.log,log-level=ERROR" {
		t.Errorf("those of a container are %s", got)
	}
}

func TestSource(t *testing.T) {
	port := mountoptions.Options{{Name: "server-port", Value: "24107"}}
	backup := mountoptions.Options{{Name: "backup-volfile-servers", Value: "[fd00::9]"}}
	for _, test := range []struct {
		version Version
		servers []netip.Addr
		options mountoptions.Options
		want    string
	}{
		{"11.1", addresses("10.0.0.1", "10.0.0.2"), nil, "10.0.0.1:/pvc-1"},
		{"7.9", addresses("fd00::1", "fd00::2"), nil, "fd00::1:/pvc-1"},
		{"9.6", addresses("fd00::1", "fd00::2", "10.0.0.1"), nil, "fd00::1,fd00::2:/pvc-1"},
		{"10.3", addresses("fd00::1", "fd00::2"), nil, "fd00::1,fd00::2:/pvc-1"},
		{"11.1", addresses("fd00::1", "fd00::2"), nil, "fd00::1:24007,fd00::2:24007:/pvc-1"},
		{"11.1", addresses("fd00::1", "fd00::2"), port, "fd00::1:24107,fd00::2:24107:/pvc-1"},
		{"11.1", addresses("fd00::1", "fd00::2"), backup, "fd00::1:24007:/pvc-1"},
		{"", addresses("fd00::1", "fd00::2"), nil, "fd00::1,fd00::2:/pvc-1"},
	} {
		if got := sourceOf(Request{Volume: v, Servers: test.servers, Options: test.options}, test.version); got != test.want {
			t.Errorf("%s: the source is %s, want %s", test.version, got, test.want)
		}
	}
}
