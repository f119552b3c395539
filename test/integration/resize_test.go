package integration

import (
	"context"
	"fmt"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/heketi/heketi/pkg/glusterfs/api"

	"glusterfs-provisioner/provisioner/volume"
	"glusterfs-provisioner/test/bench"
)

// newGrowableClaim returns a Bound claim of 1Gi whose class allows it to grow, and
// its PersistentVolume.
func newGrowableClaim(t *testing.T, p *provisioner, heketi *bench.Heketi) (*v1.PersistentVolumeClaim, *v1.PersistentVolume) {
	t.Helper()
	claim := newClaim(t, newNamespace(t), newClass(t, p, heketi, nil, growable).Name, "1Gi")
	return claim, waitBound(t, claim)
}

// TestClaimGrows does as the README says, then raises the request to what is no whole
// GiB, and again.
func TestClaimGrows(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	class := newClass(t, p, heketi, nil).Name
	claim := newClaim(t, newNamespace(t), class, "1Gi")
	waitBound(t, claim)
	must[[]byte](t)(env.cluster.Kubectl(t.Context(), "patch", "storageclass", class, "-p", `{"allowVolumeExpansion": true}`))
	bench.Eventually(t, soon, func(ctx context.Context) error {
		// The API server takes a moment to see the class.
		_, err := env.cluster.Kubectl(ctx, "patch", "pvc", claim.Name, "-n", claim.Namespace, "-p", `{"spec": {"resources": {"requests": {"storage": "3Gi"}}}}`)
		return err
	})
	waitSize(t, heketi, claim, 3)
	waitEvent(t, claim.UID, "Resizing: growing the volume from 1Gi to 3Gi")
	waitEvent(t, claim.UID, "VolumeResizeSuccessful: the volume has grown from 1Gi to 3Gi")
	expectAllocation(t, claim, "3Gi", "")
	if shown := string(must[[]byte](t)(env.cluster.Kubectl(t.Context(), "get", "pvc", claim.Name, "-n", claim.Namespace))); !strings.Contains(shown, " 3Gi ") {
		t.Errorf("kubectl shows:\n%s", shown)
	}
	expectLogged(t, p, claim, "Volume made", "Volume grown")
	mustRequest(t, claim, "4500Mi")
	waitSize(t, heketi, claim, 5)
	_, metrics := p.get(t, "/metrics")
	for _, want := range []string{
		fmt.Sprintf(`glusterfs_provisioner_heketi_operation_duration_seconds_count{heketi=%q,operation="expand",outcome="ok"} 2`, heketi.URL()),
		"glusterfs_provisioner_claims_waiting_to_grow 0",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("/metrics lacks %q", want)
		}
	}
	// The volume has room for this already.
	mustRequest(t, claim, "5120Mi")
	waitSize(t, heketi, claim, 5)
}

// TestTwoRaisesInARow raises a request again while the volume grows for the first.
func TestTwoRaisesInARow(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	claim, _ := newGrowableClaim(t, startProvisioner(t), heketi)
	mustRequest(t, claim, "3Gi")
	mustRequest(t, claim, "7Gi")
	waitSize(t, heketi, claim, 7)
}

// TestRaiseWhileTheVolumeIsMade raises a request as soon as Kubernetes lets it be
// raised.
func TestRaiseWhileTheVolumeIsMade(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := startProvisioner(t)
	claim := newClaim(t, newNamespace(t), newClass(t, p, heketi, nil, growable).Name, "1Gi")
	bench.Eventually(t, soon, func(ctx context.Context) error { return request(ctx, claim, "2Gi") })
	waitSize(t, heketi, claim, 2)
}

// TestNoSpaceThenLowered requests more than there is, and then less again.
func TestNoSpaceThenLowered(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{DevicesPerNode: 1})
	filling := &api.VolumeCreateRequest{Size: 495, Name: "filling"}
	filling.Durability.Type = api.DurabilityReplicate
	filling.Durability.Replicate.Replica = 3
	must[*api.VolumeInfoResponse](t)(heketi.Client().VolumeCreate(filling))
	p := startProvisioner(t)
	claim, _ := newGrowableClaim(t, p, heketi)
	mustRequest(t, claim, "4Gi")
	waitEvent(t, claim.UID, "VolumeResizeFailed", "cannot grow to 4 GiB", "Out of space", "lower the request")
	waitCondition(t, claim, "Resizing")
	waitCondition(t, claim, "ControllerResizeError", "Out of space")
	expectAllocation(t, claim, "4Gi", "ControllerResizeInfeasible")
	expectLogged(t, p, claim, "The volume cannot be grown yet; will try again")
	if _, metrics := p.get(t, "/metrics"); !strings.Contains(metrics, "glusterfs_provisioner_claims_waiting_to_grow 1") {
		t.Error("no metric counts the claim")
	}
	if !tracksAllocation(t) {
		return // Kubernetes itself refuses to lower the request.
	}
	mustRequest(t, claim, "2Gi")
	waitSize(t, heketi, claim, 2)
	expectAllocation(t, claim, "2Gi", "")
}

// TestLimitOfBricks has a volume reach heketi's limit.
func TestLimitOfBricks(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{Settings: map[string]any{"max_bricks_per_volume": 8}})
	claim, _ := newGrowableClaim(t, startProvisioner(t), heketi)
	mustRequest(t, claim, "2Gi")
	waitSize(t, heketi, claim, 2)
	mustRequest(t, claim, "3Gi")
	waitEvent(t, claim.UID, "VolumeResizeFailed", "cannot grow to 3 GiB", "Maximum number of bricks reached")
}

// TestGrownByHand grows volumes with heketi's own client.
func TestGrownByHand(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := launch(t, "test.gluster.org/"+unique("p"), "--audit-interval=1s")
	p.waitLeading(t)
	byHand := func(pv *v1.PersistentVolume, gib int) {
		must[*api.VolumeInfoResponse](t)(heketi.Client().VolumeExpand(volume.IDOf(pv), &api.VolumeExpandRequest{Size: gib}))
	}
	claim, pv := newGrowableClaim(t, p, heketi)
	byHand(pv, 3)
	waitSize(t, heketi, claim, 4)
	waitEvent(t, claim.UID, "VolumeResizeSuccessful: the volume was grown by hand from 1Gi to 4Gi")

	// Where the class does not allow claims to grow, administrators may.
	other := newClaim(t, claim.Namespace, newClass(t, p, heketi, nil).Name, "1Gi")
	byHand(waitBound(t, other), 1)
	waitSize(t, heketi, other, 2)

	// What was done by hand counts, whether the audit sees it first or the raise.
	byHand(pv, 1)
	mustRequest(t, claim, "6Gi")
	waitSize(t, heketi, claim, 6)
	if status, output := runAudit(t, p); status != 0 {
		t.Errorf("the audit ended with %d:\n%s", status, output)
	}
	p.endWell(t)
}

// TestClassForbidsToGrow takes the permission away between the raise, which the API
// server admits by it, and the growing.
func TestClassForbidsToGrow(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := launch(t, "test.gluster.org/"+unique("p"), fastElection...)
	p.waitLeading(t)
	claim, pv := newGrowableClaim(t, p, heketi)
	class := pv.Spec.StorageClassName
	p.endWell(t)
	mustRequest(t, claim, "3Gi")
	allowGrowth(t, class, false)

	p = launch(t, p.name, fastElection...)
	p.waitLeading(t)
	waitEvent(t, claim.UID, "VolumeResizeFailed", class, "allowVolumeExpansion")
	p.endWell(t)
	deleteClass(t, class)
	p = launch(t, p.name, fastElection...)
	p.waitLeading(t)
	waitEvent(t, claim.UID, "VolumeResizeFailed", class, "is gone", "allowVolumeExpansion")
	if size := volumesIn(t, heketi)[pv.Name].Size; size != 1 {
		t.Errorf("the volume has %d GiB", size)
	}
	newClass(t, p, heketi, nil, growable, func(anew *storagev1.StorageClass) { anew.Name = class })
	waitSize(t, heketi, claim, 3)
	p.endWell(t)
}

// TestKubernetesOwnExpanderGivesUp raises a request while only Kubernetes' own expand
// controller is there. Up to 1.25 it takes the volume for one of its in-tree plugin,
// but does not find it in heketi.
func TestKubernetesOwnExpanderGivesUp(t *testing.T) {
	t.Parallel()
	heketi := startHeketi(t, bench.HeketiOptions{})
	p := launch(t, "test.gluster.org/"+unique("p"))
	p.waitLeading(t)
	claim, pv := newGrowableClaim(t, p, heketi)
	p.endWell(t)
	mustRequest(t, claim, "3Gi")
	said := []string{"ExternalExpanding"}
	if !newerThan(t, "1.26") {
		said = []string{"VolumeResizeFailed", "kubernetes.io/glusterfs", "failed to get volume info"}
	}
	waitEvent(t, claim.UID, said...)
	if size := volumesIn(t, heketi)[pv.Name].Size; size != 1 {
		t.Errorf("the volume has %d GiB", size)
	}
	p = launch(t, p.name)
	p.waitLeading(t)
	waitSize(t, heketi, claim, 3)
	if _, shown := pv.Annotations[volume.AnnotationInTreeVolumeID]; shown != newerThan(t, "1.27") {
		t.Errorf("annotations %v", pv.Annotations)
	}
	p.endWell(t)
}
