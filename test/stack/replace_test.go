package stack

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// testNodeIsReplaced takes a machine that is new into the list, and the first one out of it, as docs/gluster-cluster.md tells:
// heketi moves its bricks, disk by disk. What was written is there, on three nodes.
func testNodeIsReplaced(t *testing.T) {
	added, err := addMachine(t.Context(), env.images, len(env.machines)+1)
	if err != nil {
		t.Fatal(err)
	}
	env.machines = append(env.machines, added)
	if err := added.On(t.Context()); err != nil {
		t.Fatal(err)
	}
	claimMany(t)
	waitBound(t)
	list(t, env.machines...)
	kubectl(t, "wait", "--for=jsonpath={.status.summary.devices}=8/8", "glustercluster/glusterfs", "--timeout="+patience.String())
	waitReady(t)

	replaced, others := env.machines[0], env.machines[1:]
	node := statusOf(t, replaced.name, "{.id}")
	disks := strings.Fields(statusOf(t, replaced.name, "{.devices[*].id}"))
	list(t, others...)
	waitUntilPrints(t, "False", "get", "glustercluster", "glusterfs", "-o", `jsonpath={.status.conditions[?(@.type=="InSync")].status}`)
	heketi := reachHeketi(t)
	for _, disk := range disks {
		heketi("device", "disable", disk)
		heketi("device", "remove", disk)
		heketi("device", "delete", disk)
		waitHealed(t)
	}
	heketi("node", "delete", node)
	kubectl(t, "label", "node", replaced.name, "gluster.org/storage-node-")
	waitUntilPrints(t, "True", "get", "glustercluster", "glusterfs", "-o", `jsonpath={.status.conditions[?(@.type=="InSync")].status}`)
	waitReady(t)
	waitHealed(t)
	checkPicture(t)
	if left, err := replaced.Run(t.Context(), traces["the bricks of heketi"]+"; "+traces["the volumes and peers of glusterd"]); err != nil || left != "" {
		t.Errorf("on the node that was replaced, left is %q (%v)", left, err)
	}
	deleteMany(t)
}

// list has the object list those machines.
func list(t *testing.T, machines ...*machine) {
	t.Helper()
	writeCluster(t, machines)
	types(t, "kubectl apply -f examples/glustercluster.yaml")
}

// statusOf is something of a node's status in the object.
func statusOf(t *testing.T, node, path string) string {
	t.Helper()
	return kubectl(t, "get", "glustercluster", "glusterfs", "-o", fmt.Sprintf(`jsonpath={range .status.nodes[?(@.name==%q)]}%s{end}`, node, path))
}

// waitHealed waits until nothing is left to heal, and all bricks are served.
func waitHealed(t *testing.T) {
	t.Helper()
	eventually(t, func(context.Context) error {
		if status, said := rollout(t, "--dry-run"); status != 0 {
			return fmt.Errorf("kubectl glusterfs rollout --dry-run ends with %d: %s", status, said)
		}
		return nil
	})
}

// heketiPort is the port of this machine by which heketi-cli reaches heketi.
const heketiPort = "8080"

// reachHeketi forwards a port to heketi, and returns what runs heketi-cli and returns what it printed.
func reachHeketi(t *testing.T) (cli func(args ...string) string) {
	t.Helper()
	forward, err := bench.StartServer(t.Context(), bench.ProcessOptions{
		Path: env.programs.cluster.Kubectl, Args: strings.Fields("-n glusterfs port-forward service/heketi " + heketiPort + ":8080"),
		Env: append(slices.Clone(env.person.Environment), "KUBECTL_PORT_FORWARD_WEBSOCKETS=false"), Log: filepath.Join(env.logs, "port-forward.log"),
	}, func(ctx context.Context) error {
		connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", heketiPort))
		if err != nil {
			return err
		}
		return connection.Close()
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = forward.Kill() }) // It may have ended with heketi's pod.
	key, err := env.person.Runs(t.Context(), "kubectl -n glusterfs get secret heketi-keys -o jsonpath='{.data.admin}' | base64 -d")
	if err != nil {
		t.Fatal(err)
	}
	environment := append(slices.Clone(env.person.Environment), "HEKETI_CLI_SERVER=http://127.0.0.1:"+heketiPort, "HEKETI_CLI_USER=admin", "HEKETI_CLI_KEY="+key)
	return func(args ...string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), commandBound)
		defer cancel()
		output, err := bench.Run(ctx, environment, env.programs.heketi.CLI, args...)
		if err != nil {
			t.Fatalf("heketi-cli %s: %v: %s", strings.Join(args, " "), err, output)
		}
		return string(output)
	}
}

// askHeketi runs heketi-cli once.
func askHeketi(t *testing.T, args ...string) (said string) {
	t.Helper()
	// The port is free again after it.
	t.Run("AskHeketi", func(t *testing.T) { said = reachHeketi(t)(args...) })
	return said
}
