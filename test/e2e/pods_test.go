package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// TestPods runs, side by side, what pods do with volumes. In the end, the node has the
// mounts and the processes that it had before, and Kubernetes the objects.
func TestPods(t *testing.T) {
	leavesTheNodeAsItWas(t)
	for _, test := range []struct {
		name string
		run  func(*testing.T)
	}{
		{"SubPaths", testSubPaths},
		{"Groups", testGroups},
		{"EphemeralVolume", testEphemeralVolume},
		{"ContainerRestarts", testContainerRestarts},
		{"OnePodAlone", testOnePodAlone},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t)
		})
	}
}

// testSubPaths has init containers write, and the containers of the same pod see folders
// and files of the volume only. One folder is not there before: kubelet makes it, as root.
func testSubPaths(t *testing.T) {
	makeClass(t, "subpaths", nil)
	makeNamespace(t, "subpaths")
	makeClaim(t, claim{namespace: "subpaths", name: "data", class: "subpaths"})
	startPodAs(t, "subpaths", "parts", func(pod *v1.Pod) {
		shell := &pod.Spec.Containers[0]
		for _, init := range []struct{ name, command string }{
			{"writes", "mkdir -p /1/deep/folder /1/$POD && echo first > /1/deep/folder/file && echo mine > /1/$POD/file"},
			{"adds", "echo second >> /1/deep/folder/file"},
		} {
			container := *shell.DeepCopy()
			container.Name, container.Command = init.name, []string{"sh", "-ec", init.command}
			container.Env = nameOfThePod
			pod.Spec.InitContainers = append(pod.Spec.InitContainers, container)
		}
		shell.Env = nameOfThePod
		volume := shell.VolumeMounts[0].Name
		shell.VolumeMounts = []v1.VolumeMount{
			{Name: volume, MountPath: "/folder", SubPath: "deep/folder"},
			{Name: volume, MountPath: "/read", SubPath: "deep/folder", ReadOnly: true},
			{Name: volume, MountPath: "/file", SubPath: "deep/folder/file"},
			{Name: volume, MountPath: "/mine", SubPathExpr: "$(POD)"},
			{Name: volume, MountPath: "/new", SubPath: "made/by/kubelet"},
		}
	}, "data")
	for command, want := range map[string]string{
		"cat /folder/file": "first\nsecond",
		"cat /read/file":   "first\nsecond",
		"cat /file":        "first\nsecond",
		"cat /mine/file":   "mine",
		"echo well > /new/file; ls -a /new | xargs": ". .. file",
	} {
		if got := shell(t, "subpaths/parts", command); got != want {
			t.Errorf("%s: the pod reads %q, want %q", command, got, want)
		}
	}
	if got := shell(t, "subpaths/parts", "touch /read/other 2>&1 || true"); !strings.Contains(got, "Read-only file system") {
		t.Errorf("a folder that is mounted read-only is written to: %q", got)
	}
	startPod(t, "subpaths", "whole", "data")
	if got := shell(t, "subpaths/whole", "cat /1/parts/file /1/made/by/kubelet/file"); got != "mine\nwell" {
		t.Errorf("the pod with the whole volume reads %q", got)
	}
	v := volumeOf(t, "subpaths", "data")
	remove(t, "subpaths", "pod/parts", "pod/whole")
	waitUnmounted(t, v)
}

var nameOfThePod = []v1.EnvVar{{Name: "POD", ValueFrom: &v1.EnvVarSource{FieldRef: &v1.ObjectFieldSelector{FieldPath: "metadata.name"}}}}

// testGroups has pods ask for groups of their own. They get them beside the volume's, and
// neither kubelet nor the plugin changes what is on the volume.
func testGroups(t *testing.T) {
	makeClass(t, "groups", nil)
	makeNamespace(t, "groups")
	makeClaim(t, claim{namespace: "groups", name: "data", class: "groups"})
	startPod(t, "groups", "before", "data")
	shell(t, "groups/before", "mkdir /1/folder && echo kept > /1/folder/file && chmod 640 /1/folder/file")
	v := volumeOf(t, "groups", "data")
	gid := v.pv.Annotations["pv.beta.kubernetes.io/gid"]
	const look = "find . -path ./.glusterfs -prune -o -printf '%p %m %U %G\\n' | sort"
	there, err := v.bricks[0].run(t.Context(), look)
	if err != nil {
		t.Fatal(err)
	}
	const group = 4242
	fsGroup, nonRoot := int64(group), true
	always, mismatch := v1.FSGroupChangeAlways, v1.FSGroupChangeOnRootMismatch
	for name, asked := range map[string]v1.PodSecurityContext{
		"always":       {FSGroup: &fsGroup, FSGroupChangePolicy: &always},
		"on-mismatch":  {FSGroup: &fsGroup, FSGroupChangePolicy: &mismatch},
		"supplemental": {SupplementalGroups: []int64{group}, RunAsNonRoot: &nonRoot},
	} {
		startPodAs(t, "groups", name, func(pod *v1.Pod) {
			asked.RunAsUser, asked.RunAsGroup = pod.Spec.SecurityContext.RunAsUser, pod.Spec.SecurityContext.RunAsGroup
			pod.Spec.SecurityContext = &asked
		}, "data")
		groups := strings.Fields(shell(t, "groups/"+name, "id -G"))
		if !slices.Contains(groups, gid) || !slices.Contains(groups, fmt.Sprint(group)) {
			t.Errorf("the pod %s has the groups %v, want also %s, the volume's, and %d", name, groups, gid, group)
		}
		if got := shell(t, "groups/"+name, "cat /1/folder/file && touch /1/new && stat -c %g /1/new && rm /1/new"); got != "kept\n"+gid {
			t.Errorf("the pod %s writes to the volume and prints %q, want what was there and the group %s", name, got, gid)
		}
		if now, err := v.bricks[0].run(t.Context(), look); err != nil || now != there {
			t.Errorf("the pod %s has the brick have %q, %v; want as before: %q", name, now, err, there)
		}
	}
}

// testEphemeralVolume has a pod come with a claim of its own, which goes with it.
func testEphemeralVolume(t *testing.T) {
	makeClass(t, "ephemeral", nil)
	makeNamespace(t, "ephemeral")
	class := "ephemeral"
	startPodAs(t, "ephemeral", "shell", func(pod *v1.Pod) {
		pod.Spec.Volumes = []v1.Volume{{Name: "scratch", VolumeSource: v1.VolumeSource{Ephemeral: &v1.EphemeralVolumeSource{
			VolumeClaimTemplate: &v1.PersistentVolumeClaimTemplate{Spec: v1.PersistentVolumeClaimSpec{
				StorageClassName: &class, AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
				Resources: v1.ResourceRequirements{Requests: v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")}},
			}},
		}}}}
		pod.Spec.Containers[0].VolumeMounts = []v1.VolumeMount{{Name: "scratch", MountPath: "/1"}}
	})
	if got := shell(t, "ephemeral/shell", "echo well > /1/it && cat /1/it"); got != "well" {
		t.Errorf("the pod reads %q", got)
	}
	v := volumeOf(t, "ephemeral", "shell-scratch")
	remove(t, "ephemeral", "pod/shell")
	waitUntilPrints(t, "", "get", "pvc", "--namespace=ephemeral", "-o", "name")
	v.waitGone(t)
}

// untilTold is a container that ends when it is told to. Its processes are always the same.
var untilTold = []string{"sh", "-c", "trap 'exit 1' TERM; sleep infinity & wait"}

// endContainer tells the container of a pod to end, and waits until it runs again.
func endContainer(t *testing.T, pod string) {
	t.Helper()
	namespace, name, _ := strings.Cut(pod, "/")
	status := []string{"get", "pod", "--namespace=" + namespace, name, "-o",
		"jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}"}
	before := kubectl(t, status...)
	// A kubelet that has just started does not know its pods yet.
	waitUntilPrints(t, "well", inPod(pod, "echo well")...)
	// This ends with the container.
	_, _ = try(t.Context(), inPod(pod, "kill 1")...)
	eventually(t, func(ctx context.Context) error {
		now, err := try(ctx, status...)
		if err == nil && (now == before || !strings.HasSuffix(now, " true")) {
			err = fmt.Errorf("the restarts of the pod %s and whether it is ready are %s, were %s", pod, now, before)
		}
		return err
	})
}

// testContainerRestarts has the container of a pod end.
func testContainerRestarts(t *testing.T) {
	makeClass(t, "again", nil)
	makeNamespace(t, "again")
	makeClaim(t, claim{namespace: "again", name: "data", class: "again"})
	startPodAs(t, "again", "shell", func(pod *v1.Pod) { pod.Spec.Containers[0].Command = untilTold }, "data")
	shell(t, "again/shell", "echo kept > /1/it")
	v := volumeOf(t, "again", "data")
	before := placesOf(t, v)
	endContainer(t, "again/shell")
	if got := shell(t, "again/shell", "cat /1/it && echo more >> /1/it"); got != "kept" {
		t.Errorf("the container reads %q after its restart", got)
	}
	if now := placesOf(t, v); len(now) == 0 || !maps.Equal(now, before) {
		t.Errorf("the volume is mounted on %v, before on %v", now, before)
	}
}

// testOnePodAlone has a second pod wait that uses a claim which is for one pod alone. One
// that passes by the scheduler is refused by kubelet.
func testOnePodAlone(t *testing.T) {
	needsPlugin(t)
	makeClass(t, "alone", nil)
	makeNamespace(t, "alone")
	makeClaim(t, claim{namespace: "alone", name: "data", class: "alone", mode: v1.ReadWriteOncePod})
	startPod(t, "alone", "first", "data")
	shell(t, "alone/first", "echo mine > /1/it")
	makePod(t, "alone", "second", nil, "data")
	eventually(t, func(ctx context.Context) error {
		says, err := try(ctx, "get", "pod", "second", "--namespace=alone", "-o",
			`jsonpath={.status.phase} {.status.conditions[?(@.type=="PodScheduled")].message}`)
		if err == nil && (!strings.HasPrefix(says, "Pending") || !strings.Contains(says, "ReadWriteOncePod")) {
			err = fmt.Errorf("the second pod is %q, want it pending because of ReadWriteOncePod", says)
		}
		return err
	})
	// Nobody asks the scheduler for this one.
	makePod(t, "alone", "third", func(pod *v1.Pod) { pod.Spec.NodeName = "node" }, "data")
	waitWarning(t, "alone", "third", "FailedMount", "ReadWriteOncePod")
	remove(t, "alone", "pod/third")
	if got := shell(t, "alone/first", "cat /1/it"); got != "mine" {
		t.Errorf("the first pod reads %q", got)
	}
	remove(t, "alone", "pod/first")
	waitReady(t, "alone", "pod/second")
	if got := shell(t, "alone/second", "cat /1/it"); got != "mine" {
		t.Errorf("the second pod reads %q", got)
	}
}
