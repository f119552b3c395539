package e2e

import (
	"context"
	"encoding/json"
	"fmt"
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
	var node api.NodeInfoResponse
	added := heketiCLI(t, "node", "add", "--json", "--cluster="+env.heketi.Clusters()[0], fmt.Sprintf("--zone=%d", zone),
		"--management-host-name="+host.Address(), "--storage-host-name="+host.Address())
	if err := json.Unmarshal(added, &node); err != nil {
		t.Fatalf("heketi-cli node add prints %q: %v", added, err)
	}
	for _, disk := range host.Disks() {
		heketiCLI(t, "device", "add", "--name="+disk, "--node="+node.Id)
	}
	return host
}
