package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// testPodsShareAVolume has two pods write to the same volume, and a third, which
// mounts it read-only, read what they wrote.
func testPodsShareAVolume(t *testing.T) {
	makeClass(t, "shared", nil)
	makeNamespace(t, "sharing")
	makeClaim(t, claim{namespace: "sharing", name: "letters", class: "shared"})
	startPod(t, "sharing", "first", "letters")
	startPod(t, "sharing", "second", "letters")
	startPodAs(t, "sharing", "reader", func(pod *v1.Pod) {
		pod.Spec.Volumes[0].PersistentVolumeClaim.ReadOnly = true
	}, "letters")
	shell(t, "sharing/first", "echo from the first > /1/letter")
	shell(t, "sharing/second", "echo from the second >> /1/letter")
	for _, pod := range []string{"first", "second", "reader"} {
		// A client remembers a file's size for a second.
		waitUntilPrints(t, "from the first\nfrom the second", inPod("sharing/"+pod, "cat /1/letter")...)
	}
	if got := shell(t, "sharing/reader", "touch /1/mine 2>&1 || true"); !strings.Contains(got, "Read-only file system") {
		t.Errorf("a pod that mounts read-only writes: %q", got)
	}
}

// testReadOnlyMany has a claim of that mode only: Kubernetes leaves it to pods to
// mount read-only.
func testReadOnlyMany(t *testing.T) {
	makeClass(t, "library", nil)
	makeNamespace(t, "library")
	makeClaim(t, claim{namespace: "library", name: "books", class: "library", mode: v1.ReadOnlyMany})
	if modes := volumeOf(t, "library", "books").pv.Spec.AccessModes; !slices.Equal(modes, []v1.PersistentVolumeAccessMode{v1.ReadOnlyMany}) {
		t.Errorf("the PersistentVolume's modes are %v, want ReadOnlyMany", modes)
	}
	waitWarning(t, "library", "books", "OnlyReadOnlyMany", "a new volume is empty")
	for _, pod := range []string{"first", "second"} {
		startPodAs(t, "library", pod, func(pod *v1.Pod) {
			pod.Spec.Volumes[0].PersistentVolumeClaim.ReadOnly = true
		}, "books")
		if got := shell(t, "library/"+pod, "touch /1/mine 2>&1 || true"); !strings.Contains(got, "Read-only file system") {
			t.Errorf("the pod %s writes: %q", pod, got)
		}
	}
}

// testStatefulSet scales a set down and up again: each replica finds its own
// volume again.
func testStatefulSet(t *testing.T) {
	makeNamespace(t, "stateful")
	kubectl(t, "apply", "--namespace=stateful", "-f", filepath.Join(env.person.Folder, "examples", "statefulset.yaml"))
	scaled := func(replicas string) {
		t.Helper()
		kubectl(t, "scale", "--namespace=stateful", "statefulset/archive", "--replicas="+replicas)
		kubectl(t, "rollout", "status", "--namespace=stateful", "statefulset/archive", "--timeout="+patience.String())
		waitUntilPrints(t, replicas, "get", "--namespace=stateful", "statefulset", "archive", "-o", "jsonpath={.status.replicas}")
	}
	scaled("2")
	for _, pod := range []string{"archive-0", "archive-1"} {
		shell(t, "stateful/"+pod, "hostname > /data/name")
	}
	scaled("1")
	scaled("2")
	for _, pod := range []string{"archive-0", "archive-1"} {
		if got := shell(t, "stateful/"+pod, "cat /data/name"); got != pod {
			t.Errorf("the pod %s finds the name %q", pod, got)
		}
	}
}

// testRetain deletes a claim whose volume stays, and gives the volume to another
// claim, by a new PersistentVolume. That one has the policy Delete, and the volume
// goes with it.
func testRetain(t *testing.T) {
	makeClass(t, "retained", nil, func(class *storagev1.StorageClass) {
		retain := v1.PersistentVolumeReclaimRetain
		class.ReclaimPolicy = &retain
	})
	makeNamespace(t, "retaining")
	makeClaim(t, claim{namespace: "retaining", name: "before", class: "retained"})
	startPod(t, "retaining", "writer", "before")
	shell(t, "retaining/writer", "echo precious > /1/thing")
	old := volumeOf(t, "retaining", "before").pv
	remove(t, "retaining", "pod/writer", "pvc/before")
	waitUntilPrints(t, "Released", "get", "pv", old.Name, "-o", "jsonpath={.status.phase}")

	renewed := &v1.PersistentVolume{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PersistentVolume"},
		ObjectMeta: metav1.ObjectMeta{Name: "renewed", Annotations: old.Annotations},
		Spec:       old.Spec,
	}
	renewed.Spec.ClaimRef = nil
	renewed.Spec.PersistentVolumeReclaimPolicy = v1.PersistentVolumeReclaimDelete
	remove(t, "retaining", "pv/"+old.Name)
	applyObject(t, renewed)
	makeClaim(t, claim{namespace: "retaining", name: "after", class: "retained", volume: "renewed"})
	startPod(t, "retaining", "reader", "after")
	if got := shell(t, "retaining/reader", "cat /1/thing && echo more >> /1/thing"); got != "precious" {
		t.Errorf("the pod reads %q", got)
	}
}
