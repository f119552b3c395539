package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/test/e2e/gluster"
)

// switchOff switches a host off, until the end of the test.
func switchOff(t *testing.T, host *gluster.Host) {
	t.Helper()
	if err := host.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := host.Start(ctx); err != nil {
			t.Error(err)
		}
	})
}

// switchOn switches a host on again.
func switchOn(t *testing.T, host *gluster.Host) {
	t.Helper()
	if err := host.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// addHost starts another GlusterFS host and adds it, with its disks, to heketi's
// cluster.
func addHost(t *testing.T, zone int) *gluster.Host {
	t.Helper()
	host, err := env.hosts.Add(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	addresses := []string{host.Address()}
	node, err := env.heketi.Client().NodeAdd(&api.NodeAddRequest{
		ClusterId: env.heketi.Clusters()[0], Zone: zone,
		Hostnames: api.HostAddresses{Manage: addresses, Storage: addresses},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, disk := range host.Disks() {
		if err := env.heketi.Client().DeviceAdd(&api.DeviceAddRequest{Device: api.Device{Name: disk}, NodeId: node.Id}); err != nil {
			t.Fatal(err)
		}
	}
	return host
}
