package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	storagev1 "k8s.io/api/storage/v1"

	provisioned "glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// moveClass is how docs/moving.md has a class become the provisioner's.
const moveClass = "kubectl get storageclass slow -o yaml | sed 's#kubernetes.io/glusterfs#gluster.org/glusterfs#' | kubectl replace --force -f -"

// takeOver is how docs/moving.md has a PersistentVolume be taken over, with its source.
const takeOver = "kubectl annotate pv pvc-... gluster.org/convert-to=glusterfs"

// testVolumeIsTakenOver takes a volume of the in-tree plugin over while a pod has it. The
// pod goes on, and another one finds what it wrote.
func testVolumeIsTakenOver(t *testing.T) {
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

	for _, command := range []string{moveClass, strings.Replace(takeOver, "pvc-...", v.pv.Name, 1)} {
		if _, err := env.person.runs(t.Context(), command); err != nil {
			t.Fatal(err)
		}
	}
	bench.Eventually(t, time.Minute, func(context.Context) error {
		if now := volumeOf(t, "moving", "letters").pv; !provisioned.IsMadeBy(now, "gluster.org/glusterfs") {
			return errors.New("it is not taken over yet")
		}
		return nil
	})
	shell(t, "moving/before", "echo meanwhile >> /1/letter")
	startPod(t, "moving", "after", "letters")
	if got := shell(t, "moving/after", "cat /1/letter && echo after >> /1/letter"); got != "before\nmeanwhile" {
		t.Errorf("the pod reads %q", got)
	}
	remove(t, "moving", "pod/before", "pod/after", "pvc/letters")
	v.waitGone(t)
}
