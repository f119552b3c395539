package e2e

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/test/e2e/gluster"
	"glusterfs-provisioner/test/e2e/node"
)

// secondNode is the name of the node that is a machine of its own, and its address.
const (
	secondNode        = "second"
	secondNodeAddress = "10.77.0.253"
)

// TestTwoNodes has pods of two nodes share a volume. Then one node loses its power while its pod
// writes to a volume that one pod may have at a time. When Kubernetes is told that the node is off, a pod
// on the other node gets that volume, with all that was written for certain. When the node is on
// again, pods there get volumes, and nothing is left of those that it had.
func TestTwoNodes(t *testing.T) {
	needsPlugin(t)
	machine := startSecondNode(t)
	makeClass(t, "nodes", nil)
	// From its first volume on, a plugin has a process that asks file systems.
	t.Run("FirstVolumes", func(t *testing.T) {
		makeNamespace(t, "first")
		makeClaim(t, claim{namespace: "first", name: "shared", class: "nodes"})
		startPodAs(t, "first", "here", on("node"), "shared")
		startPodAs(t, "first", "there", on(secondNode), "shared")
	})
	leavesTheNodeAsItWas(t)
	makeNamespace(t, "nodes")
	makeClaim(t, claim{namespace: "nodes", name: "shared", class: "nodes"})
	makeClaim(t, claim{namespace: "nodes", name: "data", class: "nodes", mode: v1.ReadWriteOncePod})
	startPodAs(t, "nodes", "here", on("node"), "shared")
	startPodAs(t, "nodes", "there", on(secondNode), "shared")
	shell(t, "nodes/here", "echo from here > /1/here")
	shell(t, "nodes/there", "cat /1/here && echo from there > /1/there")
	waitUntilPrints(t, "from there", inPod("nodes/here", "cat /1/there")...)

	startPodAs(t, "nodes", "keeper", func(pod *v1.Pod) {
		on(secondNode)(pod)
		pod.Spec.Containers[0].Command = []string{"sh", "-c", countOn}
	}, "data")
	k := &keeper{namespace: "nodes"}
	k.goesOn(t)
	printed := kubectl(t, "logs", "--namespace=nodes", "keeper")
	if err := machine.Off(); err != nil {
		t.Fatal(err)
	}
	loseNode(t, secondNode, "nodes")
	startPodAs(t, "nodes", "next", on("node"), "data")
	eventually(t, func(ctx context.Context) error { return checkWritten(ctx, "nodes/next", printed) })

	kubectl(t, "taint", "node", secondNode, outOfService+"-")
	if err := machine.On(t.Context()); err != nil {
		t.Fatal(err)
	}
	startPodAs(t, "nodes", "again", on(secondNode), "shared")
	waitUntilPrints(t, "from here", inPod("nodes/again", "cat /1/here")...)
	shell(t, "nodes/next", "echo more > /1/more")
}

// outOfService is the taint with which a person tells Kubernetes that a node is off and stays off for now.
const outOfService = "node.kubernetes.io/out-of-service=nodeshutdown:NoExecute"

// loseNode waits until Kubernetes notices that a node is off, tells it that this is so, and waits until
// it has forgotten the node's pods in a namespace.
func loseNode(t *testing.T, name, namespace string) {
	t.Helper()
	kubectl(t, "wait", "node/"+name, "--for=condition=Ready=Unknown", "--timeout="+patience.String())
	kubectl(t, "taint", "node", name, outOfService)
	waitUntilPrints(t, "", "get", "pods", "--namespace="+namespace, "--field-selector=spec.nodeName="+name, "-o", "name")
}

// on has a pod run on a node.
func on(name string) func(*v1.Pod) {
	return func(pod *v1.Pod) { pod.Spec.NodeSelector = map[string]string{v1.LabelHostname: name} }
}

// secondMachine is the machine of the second node, which is made once and is off.
var secondMachine = sync.OnceValues(func() (*node.Machine, error) {
	ctx := context.Background()
	folder, err := env.sandbox.Folder(secondNode)
	if err != nil {
		return nil, err
	}
	cgroup, err := env.sandbox.MakeCgroup(secondNode)
	if err != nil {
		return nil, err
	}
	if err := env.hosts.Connect(ctx, secondNode, secondNodeAddress); err != nil {
		return nil, err
	}
	images := env.images
	if testsDatabase() {
		images = append(slices.Clone(images), env.programs.database)
	}
	return node.NewMachine(ctx, node.Options{
		Name: secondNode, Cluster: env.cluster, Binaries: env.programs.node, Address: secondNodeAddress, PodNetwork: "10.89.0.0/16",
		Cgroup: cgroup, Images: images, KubeletDir: kubeletDir, Folder: folder, LogDir: filepath.Join(env.logs, secondNode),
	}, gluster.NodeAddress)
})

// startSecondNode starts a second node, with the node plugin, until the test ends.
func startSecondNode(t *testing.T) *node.Machine {
	t.Helper()
	machine, err := secondMachine()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := machine.Off(); err != nil {
			t.Error(err)
		}
		kubectlAfter(t, "delete", "node", secondNode)
	})
	if err := machine.On(t.Context()); err != nil {
		t.Fatal(err)
	}
	kubectl(t, "rollout", "status", "--namespace="+pluginNamespace, "daemonset/glusterfs-csi-node", "--timeout="+patience.String())
	return machine
}
