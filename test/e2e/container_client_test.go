package e2e

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"
	v1 "k8s.io/api/core/v1"
)

// useClientOfTheContainer is how docs/node-plugin.md has the plugin mount with the client in its
// image, and useClientOfTheNode undoes what of it is not in the cluster, by kubelet's folder.
var (
	useClientOfTheContainer = map[string][]string{
		"/var/lib/kubelet": {"kubectl apply -k deploy/csi-variants/container-client"},
		"/var/lib/k0s/kubelet": {
			"sed -i 's#../../csi$#../container-client#' deploy/csi-variants/k0s/kustomization.yaml",
			"kubectl apply -k deploy/csi-variants/k0s",
		},
	}
	useClientOfTheNode = map[string]string{
		"/var/lib/kubelet":     "true",
		"/var/lib/k0s/kubelet": "sed -i 's#- ../container-client$#- ../../csi#' deploy/csi-variants/k0s/kustomization.yaml",
	}
)

// starts is how often the plugin's container is started to see that nothing is left of it.
const starts = 20

// TestClientOfTheContainer has the plugin mount with the client in its image. When it is
// replaced, the pods have lost their volumes, and get them again when their containers are
// restarted or they are made anew.
func TestClientOfTheContainer(t *testing.T) {
	needsPlugin(t)
	makeClass(t, "contained", nil)
	makeNamespace(t, "contained")
	makeClaim(t, claim{namespace: "contained", name: "data", class: "contained"})
	v := volumeOf(t, "contained", "data")
	mountInTheContainer(t)
	nothingIsLeftByStarts(t)
	host := env.hosts.All()[0]
	if found := kubectl(t, "exec", "--namespace="+pluginNamespace, "daemonset/glusterfs-csi-node", "--", "getent", "hosts", host.Name()); !strings.HasPrefix(found, host.Address()+" ") {
		t.Errorf("in the container, the host %s is %q, want %s, as the node's /etc/hosts has it", host.Name(), found, host.Address())
	}

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
	for range starts {
		replacePlugin(t)
	}
	eventually(t, func(context.Context) error {
		if after := mountsOf(t); !slices.Equal(after, before) {
			return fmt.Errorf("%d starts of the plugin have made of the %d mounts %q the %d %q", starts, len(before), before, len(after), after)
		}
		return nil
	})
}

// identifier is what a pod and a container have of their own in the places of their mounts.
var identifier = regexp.MustCompile(`[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|kube-api-access-[a-z0-9]{5}`)

// mountsOf returns the types and the places of all mounts of the node, those of each pod alike.
func mountsOf(t *testing.T) (places []string) {
	t.Helper()
	mounts, err := mountinfo.GetMounts(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, mount := range mounts {
		places = append(places, mount.FSType+" "+identifier.ReplaceAllString(mount.Mountpoint, "ID"))
	}
	slices.Sort(places)
	return places
}

// mountInTheContainer has the plugin use the client in its image, until the end of the test.
func mountInTheContainer(t *testing.T) {
	t.Helper()
	t.Cleanup(func() {
		_, err := env.person.Runs(context.Background(), useClientOfTheNode[kubeletDir])
		if err := errors.Join(err, installPlugin(context.Background())); err != nil {
			t.Error(err)
		}
	})
	person, err := env.person.AlsoReads("docs/node-plugin.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range useClientOfTheContainer[kubeletDir] {
		if _, err := person.Types(t.Context(), command); err != nil {
			t.Fatal(err)
		}
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
