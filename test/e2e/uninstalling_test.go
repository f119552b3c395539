package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// TestUninstalling does what docs/uninstalling.md tells, first in the wrong order, which hangs
// until what is missing is installed again, and then in the right one, of which nothing is left.
func TestUninstalling(t *testing.T) {
	needsPlugin(t)
	person, err := env.person.AlsoReads("docs/uninstalling.md")
	if err != nil {
		t.Fatal(err)
	}
	do := func(commands ...string) (said string) {
		t.Helper()
		for _, command := range commands {
			if said, err = person.Types(t.Context(), command); err != nil {
				t.Fatal(err)
			}
		}
		return said
	}
	removePlugin, removeProvisioner := "kubectl delete --ignore-not-found "+pluginFor[kubeletDir], "kubectl delete -f deploy/"
	t.Cleanup(func() {
		if err := errors.Join(installProvisioner(context.Background()), installPlugin(context.Background())); err != nil {
			t.Error(err)
		}
	})
	makeNamespace(t, "leaving")
	retain := v1.PersistentVolumeReclaimRetain
	makeClass(t, "retained", nil, func(class *storagev1.StorageClass) { class.ReclaimPolicy = &retain })
	for name, class := range map[string]string{"data": "glusterfs", "kept": "retained"} {
		makeClaim(t, claim{namespace: "leaving", name: name, class: class})
	}
	data, kept := volumeOf(t, "leaving", "data"), volumeOf(t, "leaving", "kept")
	startPod(t, "leaving", "writer", "data", "kept")

	do(removePlugin)
	before := kubeletLog(t)
	kubectl(t, "delete", "pod", "--namespace=leaving", "writer", "--wait=false")
	waitForKubelet(t, len(before), "driver name glusterfs.csi.gluster.org not found in the list of registered CSI drivers")
	waitUntilPrints(t, "pod/writer", "get", "pods", "--namespace=leaving", "-o", "name")
	if err := installPlugin(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitUntilPrints(t, "", "get", "pods", "--namespace=leaving", "-o", "name")
	waitUnmounted(t, data)

	do(removeProvisioner)
	kubectl(t, "delete", "pvc", "--namespace=leaving", "data", "kept")
	waitUntilPrints(t, "Released", "get", "pv", data.pv.Name, "-o", "jsonpath={.status.phase}")
	if err := installProvisioner(t.Context()); err != nil {
		t.Fatal(err)
	}
	data.waitGone(t)

	if listed := do(`kubectl get pv -o custom-columns='NAME:.metadata.name,BY:.metadata.annotations.pv\.kubernetes\.io/provisioned-by,POLICY:.spec.persistentVolumeReclaimPolicy,NAMESPACE:.spec.claimRef.namespace,CLAIM:.spec.claimRef.name' | grep gluster.org/glusterfs`); !strings.Contains(listed, kept.pv.Name) {
		t.Errorf("the PersistentVolumes are told as %q, want %s among them", listed, kept.pv.Name)
	}
	kubectl(t, "delete", "pv", kept.pv.Name, "--timeout=1m")
	// The metric is of a minute ago.
	eventually(t, func(ctx context.Context) error {
		mounted, err := person.Types(ctx, whatIsMounted)
		if err == nil && mounted != "nothing" {
			err = fmt.Errorf("still mounted is %s", mounted)
		}
		return err
	})
	do("kubectl delete -f examples/class.yaml", removeProvisioner, removePlugin)
	if left := do("kubectl get storageclass,csidriver,namespace,clusterrole,clusterrolebinding -o name | grep gluster || echo nothing"); left != "nothing" {
		t.Errorf("in the cluster is left %q", left)
	}
	if err := nothingIsMounted(t.Context()); err != nil {
		t.Error(err)
	}
	heketiCLI(t, "volume", "delete", strings.TrimSpace(kept.pv.Annotations["gluster.org/heketi-volume-id"]))
}

// whatIsMounted is how docs/uninstalling.md looks for volumes that nodes have mounted.
const whatIsMounted = `for pod in $(kubectl -n glusterfs-csi get pods -o jsonpath='{.items[*].metadata.name}'); do kubectl get --raw /api/v1/namespaces/glusterfs-csi/pods/$pod/proxy/metrics; done | grep '^glusterfs_csi_node_staged_volumes.* [1-9]' || echo nothing`

func kubeletLog(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(env.logs, "kubelet.log"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// waitForKubelet waits until kubelet's log tells something, from that byte on.
func waitForKubelet(t *testing.T, from int, want string) {
	t.Helper()
	eventually(t, func(context.Context) error {
		if !strings.Contains(kubeletLog(t)[from:], want) {
			return fmt.Errorf("kubelet's log does not have %q", want)
		}
		return nil
	})
}
