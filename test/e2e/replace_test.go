package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestHostIsReplaced has heketi move all bricks of a host to a new one, and forget
// the host: the volume's Endpoints follow, and a new pod mounts what was written
// before.
func TestHostIsReplaced(t *testing.T) {
	makeClass(t, "moved", nil)
	makeNamespace(t, "moving")
	makeClaim(t, claim{namespace: "moving", name: "data", class: "moved"})
	startPod(t, "moving", "before", "data")
	shell(t, "moving/before", "echo still here > /1/it")
	endpoints := volumeOf(t, "moving", "data").pv.Spec.Glusterfs.EndpointsName

	old := env.hosts.All()[2]
	added := addHost(t, 3)
	removeHost(t, old.Address())
	// At its start the provisioner asks heketi; otherwise it does every few minutes.
	kubectl(t, "rollout", "restart", "--namespace="+ourNamespace, "deployment/glusterfs-provisioner")
	eventually(t, func(ctx context.Context) error {
		found, err := env.client.CoreV1().Endpoints("moving").Get(ctx, endpoints, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if addresses := addressesOf(found); !slices.Contains(addresses, added.Address()) || slices.Contains(addresses, old.Address()) {
			return fmt.Errorf("the Endpoints have %s, want %s and not %s", addresses, added.Address(), old.Address())
		}
		return nil
	})
	startPod(t, "moving", "after", "data")
	if got := shell(t, "moving/after", "cat /1/it"); got != "still here" {
		t.Errorf("the new pod reads %q", got)
	}
}

func addressesOf(endpoints *v1.Endpoints) []string {
	var addresses []string
	for _, subset := range endpoints.Subsets {
		for _, address := range subset.Addresses {
			addresses = append(addresses, address.IP)
		}
	}
	return addresses
}

// removeHost has heketi move the bricks of a host elsewhere and forget the host.
func removeHost(t *testing.T, address string) {
	t.Helper()
	for _, id := range nodesOfHeketi(t) {
		node, err := env.heketi.Client().NodeInfo(id)
		if err != nil {
			t.Fatal(err)
		}
		if node.Hostnames.Manage[0] != address {
			continue
		}
		heketiCLI(t, "node", "disable", id)
		heketiCLI(t, "node", "remove", id)
		for _, device := range node.DevicesInfo {
			heketiCLI(t, "device", "delete", device.Id)
		}
		heketiCLI(t, "node", "delete", id)
		return
	}
	t.Fatalf("heketi has no node with the address %s", address)
}

// nodesOfHeketi are heketi's ids of the hosts that it has.
func nodesOfHeketi(t *testing.T) []string {
	t.Helper()
	cluster, err := env.heketi.Client().ClusterInfo(env.heketi.Clusters()[0])
	if err != nil {
		t.Fatal(err)
	}
	return cluster.Nodes
}
