package integration

import (
	"context"
	"errors"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// TestDeletionWithoutClass deletes a claim whose class is gone, or was made anew
// for another heketi: the volume is deleted where it is.
func TestDeletionWithoutClass(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	other := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	for name, remake := range map[string]bool{"gone": false, "made anew": true} {
		t.Run(name, func(t *testing.T) {
			namespace := newNamespace(t)
			class := newClass(t, p, heketi, nil)
			claim := newClaim(t, namespace, class.Name, "1Gi")
			pv := waitBound(t, claim)
			deleteClass(t, class.Name)
			if remake {
				newClass(t, p, other, nil, func(anew *storagev1.StorageClass) { anew.Name = class.Name })
			}
			deleteClaim(t, claim)
			waitVolumeGone(t, pv.Name)
			waitNothingLeft(t, heketi, namespace)
		})
	}
}

func TestRetainKeepsEverything(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	class := newClass(t, p, heketi, nil, func(class *storagev1.StorageClass) {
		retain := v1.PersistentVolumeReclaimRetain
		class.ReclaimPolicy = &retain
	})
	claim := newClaim(t, namespace, class.Name, "1Gi")
	pv := waitBound(t, claim)
	deleteClaim(t, claim)
	bench.Eventually(t, soon, func(ctx context.Context) error {
		now, err := env.client.CoreV1().PersistentVolumes().Get(ctx, pv.Name, metav1.GetOptions{})
		if err == nil && now.Status.Phase != v1.VolumeReleased {
			err = errors.New(string(now.Status.Phase))
		}
		return err
	})
	// Another claim goes through all steps, so that a deletion would show.
	second := newClaim(t, namespace, class.Name, "1Gi")
	gid := waitBound(t, second).Annotations[volume.AnnotationGID]
	if gid == pv.Annotations[volume.AnnotationGID] {
		t.Errorf("GID %s of the retained volume was given away", gid)
	}
	if _, kept := volumesIn(t, heketi)[pv.Spec.Glusterfs.Path]; !kept {
		t.Error("the retained volume is gone from heketi")
	}
	name := pv.Spec.Glusterfs.EndpointsName
	must[*v1.Service](t)(env.client.CoreV1().Services(namespace).Get(t.Context(), name, metav1.GetOptions{}))
	must[*v1.Endpoints](t)(env.client.CoreV1().Endpoints(namespace).Get(t.Context(), name, metav1.GetOptions{}))
}

// TestVolumeGoneFromHeketi deletes a claim whose volume somebody deleted in
// heketi. That heketi knows the volume's cluster, so its word counts.
func TestVolumeGoneFromHeketi(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	claim := newClaim(t, namespace, newClass(t, p, heketi, nil).Name, "1Gi")
	pv := waitBound(t, claim)
	if err := heketi.Client().VolumeDelete(pv.Annotations[volume.AnnotationVolumeID]); err != nil {
		t.Fatal(err)
	}
	deleteClaim(t, claim)
	waitVolumeGone(t, pv.Name)
	waitNothingLeft(t, heketi, namespace)
}

// TestForeignHeketiProvesNothing deletes a claim while its heketi's address leads
// to another heketi: the PersistentVolume stays until the right one is back.
func TestForeignHeketiProvesNothing(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	foreign := startHeketi(t, bench.HeketiOptions{})
	p := launch(t, "test.gluster.org/"+unique("p"), "--logging-format=json")
	p.waitLeading(t)
	t.Cleanup(func() { p.endWell(t) })
	namespace := newNamespace(t)
	claim := newClaim(t, namespace, newClass(t, p, heketi, nil).Name, "1Gi")
	pv := waitBound(t, claim)

	pointTo := func(url string) {
		patch := []byte(`{"metadata":{"annotations":{"` + volume.AnnotationURL + `":"` + url + `"}}}`)
		must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Patch(t.Context(), pv.Name, types.MergePatchType, patch, metav1.PatchOptions{}))
	}
	pointTo(foreign.URL())
	deleteClaim(t, claim)
	waitEvent(t, pv.UID, "VolumeFailedDelete", "another or an empty heketi", heketi.Clusters()[0])
	if _, kept := volumesIn(t, heketi)[pv.Spec.Glusterfs.Path]; !kept {
		t.Fatal("the volume is gone")
	}
	pointTo(heketi.URL())
	waitVolumeGone(t, pv.Name)
	waitNothingLeft(t, heketi, namespace)
	expectLogged(t, p, claim, "Volume made", "The volume cannot be deleted yet; will try again", "Volume deleted")
}

// TestDeletingThePersistentVolume deletes it with kubectl, before its claim:
// the volume is deleted, too, when the claim is.
func TestDeletingThePersistentVolume(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	namespace := newNamespace(t)
	claim := newClaim(t, namespace, newClass(t, p, heketi, nil).Name, "1Gi")
	pv := waitBound(t, claim)
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "delete", "pv", pv.Name, "--wait=false"))
	deleteClaim(t, claim)
	waitVolumeGone(t, pv.Name)
	waitNothingLeft(t, heketi, namespace)
}
