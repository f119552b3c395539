package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"
	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/test/e2e/node"
)

// useClientOfTheContainer is how docs/node-plugin.md has the plugin mount with the
// client in its image.
const useClientOfTheContainer = `kubectl patch --local -f deploy/csi/30-daemonset.yaml \
    --patch-file deploy/csi/container-client/patch.yaml -o yaml | kubectl apply -f -`

// TestClientOfTheContainer has the plugin mount with the client in its image. When it is
// replaced, the pods have lost their volumes, and get them again when their containers are
// restarted or they are made anew.
func TestClientOfTheContainer(t *testing.T) {
	needsPlugin(t)
	makeClass(t, "contained", nil)
	makeNamespace(t, "contained")
	makeClaim(t, claim{namespace: "contained", name: "data", class: "contained"})
	v := volumeOf(t, "contained", "data")
	t.Cleanup(func() { installPlugin(t) })
	mountInTheContainer(t)
	nothingIsLeftByStarts(t)

	startPod(t, "contained", "first", "data")
	shell(t, "contained/first", "echo kept > /1/it")
	startPodAs(t, "contained", "second", func(pod *v1.Pod) { pod.Spec.Containers[0].Command = untilTold }, "data")
	if got := shell(t, "contained/second", "cat /1/it"); got != "kept" {
		t.Errorf("the second pod reads %q", got)
	}
	plugin, clients := processesOf(t, "/glusterfs-csi-node"), clientsOf(t, v)
	if len(plugin) != 1 || len(clients) != 1 || clients[0].mountNamespace(t) != plugin[0].mountNamespace(t) {
		t.Fatalf("the clients are %v, want one, in the container of the plugin, %v", clients, plugin)
	}

	replacePlugin(t)
	if got := shell(t, "contained/first", "cat /1/it 2>&1 || true"); !strings.Contains(got, "not connected") {
		t.Fatalf("without the plugin's container, the pod reads %q", got)
	}
	endContainer(t, "contained/second")
	if got := shell(t, "contained/second", "cat /1/it"); got != "kept" {
		t.Errorf("the second pod, whose container was restarted, reads %q", got)
	}
	remove(t, "contained", "pod/first", "pod/second")
	startPod(t, "contained", "first", "data")
	if got := shell(t, "contained/first", "cat /1/it"); got != "kept" {
		t.Errorf("the pod, made again, reads %q", got)
	}
	remove(t, "contained", "pod/first")
	waitUnmounted(t, v)
	eventually(t, nothingIsMounted)
}

// nothingIsLeftByStarts starts the plugin again and again, and compares all mounts of the
// node, of whatever type.
func nothingIsLeftByStarts(t *testing.T) {
	t.Helper()
	before := mountsOf(t)
	for range 4 {
		replacePlugin(t)
	}
	eventually(t, func(context.Context) error {
		if after := mountsOf(t); len(after) != len(before) {
			return fmt.Errorf("4 starts of the plugin have made of %d mounts %d: %q", len(before), len(after), after)
		}
		return nil
	})
	for _, place := range mountsOf(t) {
		if strings.HasPrefix(place, node.KubeletDir+"/plugins") {
			t.Errorf("something is mounted on %s", place)
		}
	}
}

// mountsOf returns the places of all mounts of the node.
func mountsOf(t *testing.T) (places []string) {
	t.Helper()
	mounts, err := mountinfo.GetMounts(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, mount := range mounts {
		places = append(places, mount.Mountpoint)
	}
	slices.Sort(places)
	return places
}

// mountInTheContainer has the plugin use the client in its image.
func mountInTheContainer(t *testing.T) {
	t.Helper()
	guide, err := os.ReadFile(filepath.Join(env.root, "docs", "node-plugin.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(guide), "$ "+useClientOfTheContainer+"\n") {
		t.Fatalf("docs/node-plugin.md does not tell to run %q", useClientOfTheContainer)
	}
	if _, err := env.person.runs(t.Context(), useClientOfTheContainer); err != nil {
		t.Fatal(err)
	}
	// That is only done when a person deletes the pod.
	replacePlugin(t)
}

// replacePlugin deletes the plugin's pod and waits until another one is ready.
func replacePlugin(t *testing.T) {
	t.Helper()
	kubectl(t, "delete", "pods", "--namespace="+pluginNamespace, "--selector="+pluginLabel, "--wait")
	waitUntilPrints(t, "true", "get", "pods", "--namespace="+pluginNamespace, "--selector="+pluginLabel, "-o",
		"jsonpath={.items[*].status.containerStatuses[*].ready}")
}

// installPlugin installs the plugin as it is by default.
func installPlugin(t *testing.T) {
	t.Helper()
	for _, command := range []string{"kubectl apply -f deploy/csi/", "kubectl -n glusterfs-csi rollout status daemonset/glusterfs-csi-node"} {
		if _, err := env.person.types(context.WithoutCancel(t.Context()), command); err != nil {
			t.Error(err)
		}
	}
}
