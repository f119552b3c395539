package e2e

import (
	"context"
	"path/filepath"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/test/e2e/node"
)

// secondNode is the name of the node that is a machine of its own, and its address.
const (
	secondNode        = "second"
	secondNodeAddress = "10.77.0.253"
)

// startSecondNode starts a second node, with the node plugin, until the test ends.
func startSecondNode(t *testing.T) *node.Machine {
	t.Helper()
	folder, err := env.sandbox.Folder(secondNode)
	if err != nil {
		t.Fatal(err)
	}
	cgroup, err := env.sandbox.MakeCgroup()
	if err != nil {
		t.Fatal(err)
	}
	if err := env.hosts.Connect(t.Context(), secondNode, secondNodeAddress); err != nil {
		t.Fatal(err)
	}
	machine, err := node.NewMachine(t.Context(), node.Options{
		Name: secondNode, Cluster: env.cluster, Binaries: env.programs.node, Address: secondNodeAddress,
		Cgroup: cgroup, Images: env.images, KubeletDir: kubeletDir, Folder: folder, LogDir: filepath.Join(env.logs, secondNode),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := machine.Off(); err != nil {
			t.Error(err)
		}
		if err := env.client.CoreV1().Nodes().Delete(context.Background(), secondNode, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	if err := machine.On(t.Context()); err != nil {
		t.Fatal(err)
	}
	kubectl(t, "rollout", "status", "--namespace="+pluginNamespace, "daemonset/glusterfs-csi-node", "--timeout="+patience.String())
	return machine
}
