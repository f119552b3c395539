package e2e

import (
	"path/filepath"
	"testing"

	storagev1 "k8s.io/api/storage/v1"

	provisioned "glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// moveClass is how docs/moving.md has a class become the provisioner's.
const moveClass = "kubectl get storageclass slow -o yaml | sed 's#kubernetes.io/glusterfs#gluster.org/glusterfs#' | kubectl replace --force -f -"

// testVolumeIsHandedOver hands a volume of the in-tree plugin over while a pod has it. The
// pod goes on, and another one finds what it wrote.
func testVolumeIsHandedOver(t *testing.T) {
	if version() != bench.OldestKubernetes {
		t.Skip("left out: only the last Kubernetes that has the plugin can be moved from")
	}
	makeSecretOf(t, "slow", "kubernetes.io/glusterfs")
	makeClass(t, "slow", parameters{"secretName": "slow", "gidMin": "60000"}, func(class *storagev1.StorageClass) {
		class.Provisioner = "kubernetes.io/glusterfs"
	})
	makeNamespace(t, "moving")
	makeClaim(t, claim{namespace: "moving", name: "letters", class: "slow"})
	startPod(t, "moving", "before", "letters")
	shell(t, "moving/before", "echo before > /1/letter")
	v := volumeOf(t, "moving", "letters")
	info, err := env.heketi.Client().VolumeInfo(provisioned.IDOf(v.pv))
	if err != nil {
		t.Fatal(err)
	}

	script := filepath.Join(env.root, "examples", "hand-over.sh")
	for _, command := range []string{moveClass, script + " slow " + info.Cluster + " " + v.pv.Name} {
		if _, err := env.person.runs(t.Context(), command); err != nil {
			t.Fatal(err)
		}
	}
	shell(t, "moving/before", "echo meanwhile >> /1/letter")
	startPod(t, "moving", "after", "letters")
	if got := shell(t, "moving/after", "cat /1/letter && echo after >> /1/letter"); got != "before\nmeanwhile" {
		t.Errorf("the pod reads %q", got)
	}
	remove(t, "moving", "pod/before", "pod/after", "pvc/letters")
	v.waitGone(t)
}
