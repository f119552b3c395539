package client

import (
	"net/netip"
	"testing"

	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/node/volume"
)

var v = volume.Volume{Cluster: "c", ID: "i", Name: "pvc-1"}

func servers(texts ...string) []netip.Addr {
	addresses := make([]netip.Addr, len(texts))
	for i, text := range texts {
		addresses[i] = netip.MustParseAddr(text)
	}
	return addresses
}

func TestMountOptions(t *testing.T) {
	c := New(Options{LogDir: "/var/log/glusterfs"})
	for name, test := range map[string]struct {
		servers []netip.Addr
		given   mountoptions.Options
		want    string
	}{
		"one server":    {servers("10.0.0.1"), nil, "log-file=/var/log/glusterfs/csi-c-i.log,log-level=ERROR"},
		"three servers": {servers("10.0.0.1", "10.0.0.2", "10.0.0.3"), nil, "log-file=/var/log/glusterfs/csi-c-i.log,log-level=ERROR,backup-volfile-servers=10.0.0.2:10.0.0.3"},
		"IPv6":          {servers("fd00::1", "fd00::2"), nil, "log-file=/var/log/glusterfs/csi-c-i.log,log-level=ERROR,backup-volfile-servers=[fd00::2],xlator-option=transport.address-family=inet6"},
		"both":          {servers("10.0.0.1", "fd00::2", "10.0.0.3"), nil, "log-file=/var/log/glusterfs/csi-c-i.log,log-level=ERROR,backup-volfile-servers=10.0.0.3"},
		"given ones win": {servers("10.0.0.1", "10.0.0.2"), mountoptions.Options{{Name: "log-level", Value: "DEBUG"}, {Name: "backup-volfile-servers", Value: "10.0.0.9"}, {Name: "ro"}},
			"log-file=/var/log/glusterfs/csi-c-i.log,log-level=DEBUG,backup-volfile-servers=10.0.0.9,ro"},
	} {
		got := c.mountOptions(Request{Volume: v, Servers: test.servers, Options: test.given}).String()
		if got != test.want {
			t.Errorf("%s: options are\n%s, want\n%s", name, got, test.want)
		}
	}
}
