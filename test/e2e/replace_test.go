package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/heketi/heketi/pkg/glusterfs/api"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestHostIsReplaced has heketi move all bricks of a host to a new one, forgets the
// host, and switches it off. What says where the volume is mounted from follows, and a
// new pod mounts what was written before.
func TestHostIsReplaced(t *testing.T) {
	makeClass(t, "moved", nil)
	makeNamespace(t, "moving")
	makeClaim(t, claim{namespace: "moving", name: "data", class: "moved"})
	startPod(t, "moving", "before", "data")
	shell(t, "moving/before", "echo still here > /1/it")
	v := volumeOf(t, "moving", "data")

	old := env.hosts.All()[2]
	added := addHost(t, 3)
	removeHost(t, old.Address())
	// At its start the provisioner asks heketi; otherwise it does every few minutes.
	kubectl(t, "rollout", "restart", "--namespace="+ourNamespace, "deployment/glusterfs-provisioner")
	eventually(t, func(ctx context.Context) error {
		servers, err := presentServers(ctx, v)
		if err == nil && (!slices.Contains(servers, added.Address()) || slices.Contains(servers, old.Address())) {
			err = fmt.Errorf("the volume is mounted from %s, want %s and not %s", servers, added.Address(), old.Address())
		}
		return err
	})
	if got := shell(t, "moving/before", "cat /1/it"); got != "still here" {
		t.Errorf("the pod that ran all the time reads %q", got)
	}
	remove(t, "moving", "pod/before")
	waitUnmounted(t, v)
	switchOff(t, old)
	startPod(t, "moving", "after", "data")
	if got := shell(t, "moving/after", "cat /1/it"); got != "still here" {
		t.Errorf("the new pod reads %q", got)
	}
	clients := clientsOf(t, v)
	if len(clients) == 0 || slices.ContainsFunc(clients, func(p process) bool { return !p.asks(added.Address()) }) {
		t.Errorf("the clients of the volume are %v, want that they ask %s", clients, added.Address())
	}
}

// presentServers are the servers that a volume is mounted from at present: those in its
// Endpoints, or in the ConfigMap of its cluster.
func presentServers(ctx context.Context, v volume) ([]string, error) {
	core := env.client.CoreV1()
	if v.pv.Spec.CSI != nil {
		configMap, err := core.ConfigMaps(ourNamespace).Get(ctx, "glusterfs-cluster-"+env.heketi.Clusters()[0], metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		return strings.Split(configMap.Data["servers"], ","), nil
	}
	endpoints, err := core.Endpoints(v.pv.Spec.ClaimRef.Namespace).Get(ctx, v.pv.Spec.Glusterfs.EndpointsName, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	var servers []string
	for _, subset := range endpoints.Subsets {
		for _, address := range subset.Addresses {
			servers = append(servers, address.IP)
		}
	}
	return servers, nil
}

// removeHost has heketi move the bricks of a host elsewhere and forget the host.
func removeHost(t *testing.T, address string) {
	t.Helper()
	node := nodeOf(t, address)
	heketiCLI(t, "node", "disable", node.Id)
	heketiCLI(t, "node", "remove", node.Id)
	forgetHost(t, node)
}

// forgetHost has heketi forget a host that has no bricks any more.
func forgetHost(t *testing.T, node *api.NodeInfoResponse) {
	t.Helper()
	for _, device := range node.DevicesInfo {
		heketiCLI(t, "device", "delete", device.Id)
	}
	heketiCLI(t, "node", "delete", node.Id)
}

// nodeOf is what heketi knows of the host that has an address.
func nodeOf(t *testing.T, address string) *api.NodeInfoResponse {
	t.Helper()
	for _, id := range nodesOfHeketi(t) {
		node, err := env.heketi.Client().NodeInfo(id)
		if err != nil {
			t.Fatal(err)
		}
		if node.Hostnames.Manage[0] == address {
			return node
		}
	}
	t.Fatalf("heketi has no node with the address %s", address)
	return nil
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
