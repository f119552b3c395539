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

// convert is how docs/moving.md has a PersistentVolume be converted.
const convert = "kubectl annotate pv pvc-... gluster.org/convert-to=csi"

// runAsPerson runs a command.
func runAsPerson(t *testing.T, command string) {
	t.Helper()
	if _, err := env.person.Runs(t.Context(), command); err != nil {
		t.Fatal(err)
	}
}

// testVolumeIsConverted has a pod wait for a volume that no kubelet of this Kubernetes mounts.
// It starts when the PersistentVolume is converted.
func testVolumeIsConverted(t *testing.T) {
	needsPlugin(t)
	makeClass(t, "former", parameters{"pvsource": "glusterfs"})
	makeNamespace(t, "converting")
	makeClaim(t, claim{namespace: "converting", name: "letters", class: "former"})
	v := volumeOf(t, "converting", "letters")
	makePod(t, "converting", "reader", nil, "letters")
	waitUntilTold(t, "converting", "FailedMount", "no volume plugin matched")
	runAsPerson(t, strings.Replace(convert, "pvc-...", v.pv.Name, 1))
	waitReady(t, "converting", "pod/reader")
	shell(t, "converting/reader", "echo well > /1/letter && cat /1/letter")
	if now := volumeOf(t, "converting", "letters"); now.name != v.name || now.pv.UID == v.pv.UID {
		t.Errorf("the claim has the volume %s of PersistentVolume %s, want %s of another than %s", now.name, now.pv.UID, v.name, v.pv.UID)
	}
	remove(t, "converting", "pod/reader", "pvc/letters")
	v.waitGone(t)
}

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

	runAsPerson(t, moveClass)
	runAsPerson(t, strings.Replace(takeOver, "pvc-...", v.pv.Name, 1))
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
