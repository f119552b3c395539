package e2e

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/test/bench"
)

// installedPlugin has the node plugin be there until the end of the test, also where this
// Kubernetes needs none.
func installedPlugin(t *testing.T) {
	t.Helper()
	if !version().MountsGlusterFS() {
		return
	}
	if err := installPlugin(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := env.person.Runs(context.Background(), "kubectl delete -f deploy/csi/"); err != nil {
			t.Error(err)
		}
	})
}

// probed has kubelet restart the container when it cannot read a file.
func probed(file string) func(*v1.Pod) {
	return func(pod *v1.Pod) {
		pod.Spec.Containers[0].LivenessProbe = &v1.Probe{
			ProbeHandler:  v1.ProbeHandler{Exec: &v1.ExecAction{Command: []string{"cat", file}}},
			PeriodSeconds: 2, FailureThreshold: 2, TimeoutSeconds: 5,
		}
	}
}

// TestHealedVolumeComesBack kills the client of a volume twice. Pods get the volume again
// when kubelet restarts their containers, with nobody's help: kubelet has the plugin publish
// volumes again and again. Containers that go on have lost it.
func TestHealedVolumeComesBack(t *testing.T) {
	leavesTheNodeAsItWas(t)
	installedPlugin(t)
	makeClass(t, "healing", parameters{"pvsource": "csi"})
	makeNamespace(t, "healing")
	makeClaim(t, claim{namespace: "healing", name: "data", class: "healing"})
	v := volumeOf(t, "healing", "data")
	startPod(t, "healing", "writer", "data")
	shell(t, "healing/writer", "mkdir /1/folder && echo kept | tee /1/it > /1/folder/it")
	startPodAs(t, "healing", "probed", probed("/1/it"), "data")
	startPodAs(t, "healing", "reader", func(pod *v1.Pod) {
		probed("/1/it")(pod)
		pod.Spec.Volumes[0].PersistentVolumeClaim.ReadOnly = true
	}, "data")
	startPodAs(t, "healing", "folder", func(pod *v1.Pod) {
		probed("/1/it")(pod)
		pod.Spec.Containers[0].VolumeMounts[0].SubPath = "folder"
	}, "data")
	before := placesOf(t, v)
	for range 2 {
		for _, client := range clientsOf(t, v) {
			client.kill(t)
		}
		lap := laps(t)
		for _, pod := range []string{"probed", "reader", "folder"} {
			waitReads(t, "healing/"+pod)
			lap("the pod " + pod + " has the volume again")
		}
	}
	if got := shell(t, "healing/writer", "cat /1/it 2>&1 || true"); !strings.Contains(got, "not connected") {
		t.Errorf("the container that was not restarted reads %q", got)
	}
	if got := shell(t, "healing/reader", "touch /1/mine 2>&1 || true"); !strings.Contains(got, "Read-only file system") {
		t.Errorf("the pod that mounts read-only writes: %q", got)
	}
	shell(t, "healing/probed", "echo more >> /1/it")
	if now := placesOf(t, v); len(now) == 0 || !maps.Equal(now, before) {
		t.Errorf("the volume is mounted on %v, before on %v", now, before)
	}
	if clients := clientsOf(t, v); len(clients) != 1 {
		t.Errorf("the clients of the volume are %v, want one", clients)
	}
	remove(t, "healing", "pods", "--all")
	waitUnmounted(t, v)
}

// waitReads waits until a pod reads from its volume, which takes a restart of its container.
func waitReads(t *testing.T, pod string) {
	t.Helper()
	eventually(t, func(ctx context.Context) error {
		got, err := try(ctx, inPod(pod, "cat /1/it")...)
		if err == nil && got != "kept" {
			err = bench.Final(fmt.Errorf("the pod %s reads %q", pod, got))
		}
		return err
	})
}
