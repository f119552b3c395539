package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"

	"glusterfs-provisioner/test/bench"
)

// upgradedTo is what the cluster becomes.
const upgradedTo = bench.DefaultKubernetes

// upgrades tells whether the cluster is upgraded, after which other tests would find another
// one than they want.
func upgrades() bool { return os.Getenv("UPGRADE") == "1" }

// TestClusterIsUpgraded does what docs/kubernetes-versions.md tells, while the pods of a
// StatefulSet write: their PersistentVolumes are converted, kubelet is restarted, the control
// plane is upgraded, and the node after it. The pods notice nothing until the node is drained,
// and then come back with all that they have acknowledged.
func TestClusterIsUpgraded(t *testing.T) {
	if !upgrades() {
		t.Skip("left out: the cluster would be another one after it; make e2e-upgrade runs it")
	}
	person, err := env.person.AlsoReads("docs/kubernetes-versions.md")
	if err != nil {
		t.Fatal(err)
	}
	makeClass(t, "counted", nil)
	makeNamespace(t, "counting")
	c := startCounters(t, "counting", "counted")
	before := c.identity(t)
	goOn := func(after string) {
		t.Helper()
		c.waitForMore(t)
		if now := c.identity(t); now != before {
			t.Errorf("after %s, the pods and restarts are %s, before %s", after, now, before)
		}
		c.checkNoneIsLost(t)
	}
	goOn("the start")

	if err := installPlugin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := person.Types(t.Context(), convertAll); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(context.Context) error {
		for _, v := range c.volumes(t) {
			if v.pv.Spec.CSI == nil {
				return fmt.Errorf("the PersistentVolume %s is not converted yet", v.pv.Name)
			}
		}
		return nil
	})
	goOn("the conversion")

	restartKubelet(t, func() {})
	goOn("kubelet's restart")
	waitForBothMounts(t, c)
	startPod(t, "counting", "beside", "data-counter-0")
	shell(t, "counting/beside", "grep -x 5 /1/numbers")
	remove(t, "counting", "pod/beside")
	goOn("a pod beside them")

	if err := errors.Join(env.cluster.Upgrade(t.Context(), upgradedTo), env.node.UpgradeScheduler(t.Context(), env.programs.nextNode)); err != nil {
		t.Fatal(err)
	}
	goOn("the control plane's upgrade")

	// There is no other node for the provisioner, so its budget would not let it go.
	kubectl(t, "drain", "node", "--pod-selector=app=counter", "--delete-emptydir-data", "--timeout="+patience.String())
	eventually(t, nothingIsMounted)
	if err := env.node.UpgradeKubelet(t.Context(), env.programs.nextNode); err != nil {
		t.Fatal(err)
	}
	waitUntilPrints(t, "v"+string(upgradedTo), "get", "node", "node", "-o", "jsonpath={.status.nodeInfo.kubeletVersion}")
	kubectl(t, "uncordon", "node")
	waitReady(t, "counting", "pod/counter-0", "pod/counter-1")
	before = c.identity(t)
	goOn("the node's upgrade")

	volumes := c.volumes(t)
	remove(t, "counting", "statefulset/counter", "pod/counter-0", "pod/counter-1")
	for _, v := range volumes {
		waitUnmounted(t, v)
	}
	eventually(t, nothingIsMounted)
}

// convertAll is how docs/kubernetes-versions.md has all PersistentVolumes be converted.
const convertAll = "kubectl -n glusterfs-provisioner exec deployment/glusterfs-provisioner -- /glusterfs-provisioner convert --to=csi --all"

// waitForBothMounts waits until each pod has its volume from kubelet's own plugin, as before, and
// from the node plugin: so kubelet wants it after its restart.
func waitForBothMounts(t *testing.T, c counters) {
	t.Helper()
	for _, v := range c.volumes(t) {
		eventually(t, func(context.Context) error {
			places, err := placesForPods(v.pv.Name)
			if err == nil && len(places) != 2 {
				err = fmt.Errorf("the pod has its volume on %q, want two places", places)
			}
			return err
		})
	}
}

// placesForPods is where the node has a PersistentVolume mounted for pods.
func placesForPods(name string) (places []string, err error) {
	mounts, err := mountinfo.GetMounts(nil)
	for _, mount := range mounts {
		if strings.HasPrefix(mount.Mountpoint, kubeletDir+"/pods/") && slices.Contains(strings.Split(mount.Mountpoint, "/"), name) {
			places = append(places, mount.Mountpoint)
		}
	}
	return places, err
}
