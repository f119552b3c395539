package e2e

import (
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

func readOnly(pod *v1.Pod) {
	pod.Spec.Containers[0].Command = untilTold
	pod.Spec.Volumes[0].PersistentVolumeClaim.ReadOnly = true
}

// TestKubeletRestartsBesideReaders restarts kubelet while pods run that may not write: because
// of the pod, and because of the class. Then their containers end, and start again.
func TestKubeletRestartsBesideReaders(t *testing.T) {
	leavesTheNodeAsItWas(t)
	makeClass(t, "plain", nil)
	makeClass(t, "for-reading", nil, func(class *storagev1.StorageClass) { class.MountOptions = []string{"ro", "noexec"} })
	makeNamespace(t, "readers")
	makeClaim(t, claim{namespace: "readers", name: "letters", class: "plain"})
	makeClaim(t, claim{namespace: "readers", name: "books", class: "for-reading"})
	startPod(t, "readers", "writer", "letters")
	shell(t, "readers/writer", "echo kept > /1/it")
	startPodAs(t, "readers", "by-pod", readOnly, "letters")
	startPodAs(t, "readers", "by-class", func(pod *v1.Pod) { pod.Spec.Containers[0].Command = untilTold }, "books")
	before := stateOfNode(t)
	restartKubelet(t, func() {})
	for _, pod := range []string{"readers/by-pod", "readers/by-class"} {
		endContainer(t, pod)
		if got := shell(t, pod, "touch /1/mine 2>&1 || true"); !strings.Contains(got, "Read-only file system") {
			t.Errorf("the pod %s writes: %q", pod, got)
		}
	}
	if got := shell(t, "readers/by-pod", "cat /1/it"); got != "kept" {
		t.Errorf("the pod reads %q", got)
	}
	shell(t, "readers/writer", "echo more >> /1/it")
	waitAsBefore(t, before)
	// Until the plugin has registered again, kubelet cannot call it.
	const events = `jsonpath={range .items[*]}{.message}{"\n"}{end}`
	for line := range strings.Lines(kubectl(t, "get", "events", "--namespace=readers", "--field-selector=reason=FailedMount", "-o", events)) {
		if !strings.Contains(line, "list of registered CSI drivers") {
			t.Errorf("the restart of kubelet had a mount fail: %s", line)
		}
	}
}

// restartKubelet stops kubelet, has something happen, and starts it again.
func restartKubelet(t *testing.T, meanwhile func()) {
	t.Helper()
	if err := env.node.StopKubelet(); err != nil {
		t.Fatal(err)
	}
	meanwhile()
	if err := env.node.StartKubelet(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// forceDelete has Kubernetes forget a pod, whether or not its node has ended it.
func forceDelete(t *testing.T, namespace, pod string) {
	t.Helper()
	kubectl(t, "delete", "pod", pod, "--namespace="+namespace, "--force", "--grace-period=0")
}

// TestKubeletRestartsAfterPodsAreGone has pods be forgotten while kubelet is down. When it
// starts, it ends them, and takes their volumes away.
func TestKubeletRestartsAfterPodsAreGone(t *testing.T) {
	makeClass(t, "forgotten", nil)
	makeNamespace(t, "forgotten")
	makeClaim(t, claim{namespace: "forgotten", name: "data", class: "forgotten"})
	makeClaim(t, claim{namespace: "forgotten", name: "other", class: "forgotten"})
	startPod(t, "forgotten", "stays", "data")
	before := stateOfNode(t)
	startPod(t, "forgotten", "goes", "data", "other")
	startPodAs(t, "forgotten", "reads", readOnly, "other")
	shell(t, "forgotten/goes", "echo kept | tee /1/it > /2/it")
	restartKubelet(t, func() {
		forceDelete(t, "forgotten", "goes")
		forceDelete(t, "forgotten", "reads")
	})
	waitAsBefore(t, before)
	if got := shell(t, "forgotten/stays", "cat /1/it"); got != "kept" {
		t.Errorf("the pod that stays reads %q", got)
	}
	startPod(t, "forgotten", "next", "other")
	if got := shell(t, "forgotten/next", "cat /1/it"); got != "kept" {
		t.Errorf("the next pod reads %q", got)
	}
}

// TestNodeReboots ends all that runs on the node and all that it has mounted, and starts it
// again. A pod is forgotten meanwhile. The others get their volumes again, as they had them.
func TestNodeReboots(t *testing.T) {
	makeClass(t, "rebooted", nil)
	makeNamespace(t, "rebooted")
	makeClaim(t, claim{namespace: "rebooted", name: "data", class: "rebooted"})
	startPodAs(t, "rebooted", "writer", func(pod *v1.Pod) {
		shell := &pod.Spec.Containers[0]
		shell.VolumeMounts = append(shell.VolumeMounts, v1.VolumeMount{Name: shell.VolumeMounts[0].Name, MountPath: "/folder", SubPath: "folder"})
	}, "data")
	shell(t, "rebooted/writer", "echo kept > /1/it; echo deep > /folder/it; sync")
	startPodAs(t, "rebooted", "reader", readOnly, "data")
	before := stateOfNode(t)
	startPod(t, "rebooted", "forgotten", "data")
	if err := env.node.PowerOff(t.Context()); err != nil {
		t.Fatal(err)
	}
	forceDelete(t, "rebooted", "forgotten")
	if err := env.node.PowerOn(t.Context()); err != nil {
		t.Fatal(err)
	}
	waitAsBefore(t, before)
	waitReady(t, "rebooted", "pod/writer", "pod/reader")
	if got := shell(t, "rebooted/writer", "cat /1/it /folder/it && echo more >> /1/it"); got != "kept\ndeep" {
		t.Errorf("after the reboot, the pod reads %q", got)
	}
	waitUntilPrints(t, "kept\nmore", inPod("rebooted/reader", "cat /1/it")...)
	if got := shell(t, "rebooted/reader", "touch /1/mine 2>&1 || true"); !strings.Contains(got, "Read-only file system") {
		t.Errorf("after the reboot, a pod that mounts read-only writes: %q", got)
	}
}
