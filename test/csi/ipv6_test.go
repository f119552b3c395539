package csi

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"glusterfs-provisioner/test/e2e/gluster"
)

// TestIPv6 mounts a volume of hosts that have no other addresses than IPv6, first asking
// one that does not answer.
func TestIPv6(t *testing.T) {
	hosts := hostsWithIPv6(t)
	v := newVolumeOn(t, hosts)
	v.attributes["servers"] = "fd77::dead," + v.attributes["servers"]
	p := startPlugin(t)
	pod := p.use(t, v, "pod")
	write(t, pod, "file")
	mustHaveFile(t, pod)
	for _, host := range hosts {
		if address := netip.MustParseAddr(host.Address()); !address.Is6() {
			t.Errorf("the host %s is at %s", host.Name(), address)
		}
		if files, err := host.Run(t.Context(), "ls "+bricks+"/"+v.name); err != nil || strings.TrimSpace(files) != "file" {
			t.Errorf("on %s is %q, %v", host.Name(), files, err)
		}
	}
}

// hostsWithIPv6 are two hosts that have no other addresses. The first test that needs them
// starts them.
func hostsWithIPv6(t *testing.T) []*gluster.Host {
	t.Helper()
	if env.hostsWithIPv6 == nil {
		hosts, err := startHosts(context.Background(), "gluster6", gluster.Options{Hosts: 2, Disks: 1, IPv6: true})
		if err != nil {
			t.Fatal(err)
		}
		env.hostsWithIPv6 = hosts
	}
	return env.hostsWithIPv6.All()
}
