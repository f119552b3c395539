package e2e

import (
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"

	"glusterfs-provisioner/test/e2e/node"
)

// TestFoldersInAVolume does what docs/volumes-in-pods.md tells databases to do: nobody changes the
// mode of a volume's root, nor of a subPath that kubelet makes, but everybody that of a folder
// of his own.
func TestFoldersInAVolume(t *testing.T) {
	needsPlugin(t)
	makeClass(t, "folders", nil)
	makeNamespace(t, "folders")
	makeClaim(t, claim{namespace: "folders", name: "data", class: "folders"})
	startPod(t, "folders", "root", "data")
	checkRefused(t, "folders/root", "chmod 0700 /1")
	if got := shell(t, "folders/root", "mkdir /1/below && chmod 0700 /1/below && stat -c '%u %a' /1/below"); got != "1000 700" {
		t.Errorf("a folder below has the owner and mode %q", got)
	}

	inSubPath := func(pod *v1.Pod) { pod.Spec.Containers[0].VolumeMounts[0].SubPath = "own" }
	startPodAs(t, "folders", "sub", inSubPath, "data")
	checkRefused(t, "folders/sub", "chmod 0700 /1")
	shell(t, "folders/sub", "echo well > /1/it")
	remove(t, "folders", "pod/sub")
	shell(t, "folders/root", "rm -r /1/own")

	startPodAs(t, "folders", "made", func(pod *v1.Pod) {
		inSubPath(pod)
		pod.Spec.InitContainers = []v1.Container{{
			Name: "folder", Image: node.BusyboxImage, Command: []string{"mkdir", "-p", "-m", "0700", "/volume/own"},
			VolumeMounts: []v1.VolumeMount{{Name: "volume-1", MountPath: "/volume"}},
		}}
	}, "data")
	if got := shell(t, "folders/made", "chmod 0700 /1 && stat -c '%u %a' /1"); got != "1000 700" {
		t.Errorf("the folder of the init container has the owner and mode %q", got)
	}
}

// checkRefused runs a command in a pod, which is not permitted.
func checkRefused(t *testing.T, pod, command string) {
	t.Helper()
	if got := shell(t, pod, command+" 2>&1 || true"); !strings.Contains(got, "Operation not permitted") {
		t.Errorf("%s prints %q, want that it is not permitted", command, got)
	}
}
