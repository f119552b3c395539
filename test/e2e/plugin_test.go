package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/test/e2e/node"
)

// pluginLabel selects the node plugin's pods.
const pluginLabel = "app.kubernetes.io/name=glusterfs-csi-node"

// needsPlugin leaves a test out where kubelet mounts the volumes itself.
func needsPlugin(t *testing.T) {
	t.Helper()
	if version().MountsGlusterFS() {
		t.Skip("left out: no node plugin is installed, since this Kubernetes needs none")
	}
}

// TestPluginEndsWhileAPodWrites kills the node plugin, and then upgrades it to another
// image. The pod goes on writing through the same client.
func TestPluginEndsWhileAPodWrites(t *testing.T) {
	needsPlugin(t)
	makeClass(t, "untouched", nil)
	makeNamespace(t, "untouched")
	makeClaim(t, claim{namespace: "untouched", name: "data", class: "untouched"})
	w := startWriter(t, "untouched")
	clients := clientsOf(t, w.volume)

	restarts := []string{"get", "pods", "--namespace=" + pluginNamespace, "--selector=" + pluginLabel, "-o",
		"jsonpath={.items[*].status.containerStatuses[*].restartCount} {.items[*].status.containerStatuses[*].ready}"}
	waitUntilPrints(t, "0 true", restarts...)
	plugin := processesOf(t, "/glusterfs-csi-node")
	if len(plugin) != 1 {
		t.Fatalf("the plugin runs as %v, want one process", plugin)
	}
	plugin[0].kill(t)
	w.waitForMore(t, 10)
	waitUntilPrints(t, "1 true", restarts...)
	w.waitForMore(t, 10)

	const next = "registry.example.com/glusterfs-csi-node:next"
	if err := env.node.TagImage(t.Context(), node.PluginImage, next); err != nil {
		t.Fatal(err)
	}
	kubectl(t, "set", "image", "--namespace="+pluginNamespace, "daemonset/glusterfs-csi-node", "node="+next)
	w.waitForMore(t, 10)
	kubectl(t, "rollout", "status", "--namespace="+pluginNamespace, "daemonset/glusterfs-csi-node", "--timeout="+patience.String())
	w.waitForMore(t, 10)
	w.checkNeverFailed(t)

	startPod(t, "untouched", "reader", "data")
	shell(t, "untouched/reader", "tail -n 1 /1/log")
	if now := clientsOf(t, w.volume); len(now) != 1 || len(clients) != 1 || now[0].id != clients[0].id {
		t.Errorf("the clients of the volume are %v, want one, which was there before: %v", now, clients)
	}
	remove(t, "untouched", "pod/writer", "pod/reader")
	waitUnmounted(t, w.volume)
}

// TestHostDoesNotAnswer takes a host off the network while a pod writes. Meanwhile
// another pod mounts a volume that is on the host, too, at the first try.
func TestHostDoesNotAnswer(t *testing.T) {
	needsPlugin(t)
	makeClass(t, "cut-off", nil)
	makeNamespace(t, "cut-off")
	for _, name := range []string{"data", "other"} {
		makeClaim(t, claim{namespace: "cut-off", name: name, class: "cut-off"})
	}
	other := volumeOf(t, "cut-off", "other")
	w := startWriter(t, "cut-off")
	host := env.hosts.All()[2]
	if err := host.Unplug(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Plug(context.Background()); err != nil {
			t.Error(err)
		}
	})
	startPod(t, "cut-off", "second", "other")
	shell(t, "cut-off/second", "echo well > /1/log")
	failures := kubectl(t, "get", "events", "--namespace=cut-off", "--field-selector=reason=FailedMount,involvedObject.name=second", "-o", "jsonpath={.items[*].message}")
	if failures != "" {
		t.Errorf("the volume was not mounted at the first try: %s", failures)
	}
	w.waitForMore(t, 20)
	if err := host.Plug(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.waitForMore(t, 20)
	w.checkNeverFailed(t)
	remove(t, "cut-off", "pod/writer", "pod/second")
	for _, v := range []volume{w.volume, other} {
		waitHealed(t, v.on(t, host), v.on(t, env.hosts.All()[0]))
	}
}

// TestDeadMountIsHealed kills the client of a volume. The pod that uses it has lost it,
// the next one gets it, and so does the first when it is made again.
func TestDeadMountIsHealed(t *testing.T) {
	needsPlugin(t)
	makeClass(t, "dead", nil)
	makeNamespace(t, "dead")
	makeClaim(t, claim{namespace: "dead", name: "data", class: "dead"})
	startPod(t, "dead", "first", "data")
	shell(t, "dead/first", "echo kept > /1/it")
	v := volumeOf(t, "dead", "data")
	for _, client := range clientsOf(t, v) {
		client.kill(t)
	}
	waitUnmounted(t, v)
	if got := shell(t, "dead/first", "cat /1/it 2>&1 || true"); !strings.Contains(got, "not connected") {
		t.Fatalf("the mount is not dead: the pod reads %q", got)
	}
	startPod(t, "dead", "second", "data")
	if got := shell(t, "dead/second", "cat /1/it"); got != "kept" {
		t.Errorf("the next pod reads %q", got)
	}
	remove(t, "dead", "pod/first")
	startPod(t, "dead", "first", "data")
	if got := shell(t, "dead/first", "cat /1/it"); got != "kept" {
		t.Errorf("the first pod, made again, reads %q", got)
	}
	if clients := clientsOf(t, v); len(clients) != 1 {
		t.Errorf("the clients of the volume are %v, want one", clients)
	}
}

// TestManyPodsAtOnce starts 30 pods on 10 volumes at once, and deletes them at once.
// Nothing stays mounted.
func TestManyPodsAtOnce(t *testing.T) {
	needsPlugin(t)
	const pods, claims = 30, 10
	makeClass(t, "crowd", nil)
	makeNamespace(t, "crowd")
	names := make([]string, claims)
	for i := range names {
		names[i] = fmt.Sprintf("claim-%d", i)
		makeClaim(t, claim{namespace: "crowd", name: names[i], class: "crowd"})
	}
	var volumes []volume
	for _, name := range names {
		volumes = append(volumes, volumeOf(t, "crowd", name))
	}
	for i := range pods {
		makePod(t, "crowd", fmt.Sprintf("pod-%02d", i), func(pod *v1.Pod) {
			pod.Spec.Containers[0].Command = []string{"sh", "-ec", "touch /1/$HOSTNAME; sleep infinity"}
		}, names[i%claims])
	}
	waitReady(t, "crowd", "pods", "--all")
	for i, v := range volumes {
		if clients := clientsOf(t, v); len(clients) != 1 {
			t.Errorf("the clients of the volume %s are %v, want one", v.name, clients)
		}
		want := fmt.Sprintf("pod-%02d\npod-%02d\npod-%02d", i, i+claims, i+2*claims)
		if got := shell(t, fmt.Sprintf("crowd/pod-%02d", i), "ls /1"); got != want {
			t.Errorf("the volume %s has the files %q, want %q", v.name, got, want)
		}
	}
	remove(t, "crowd", "pods", "--all")
	for _, v := range volumes {
		waitUnmounted(t, v)
	}
	eventually(t, nothingIsMounted)
}
