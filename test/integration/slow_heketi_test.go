package integration

import (
	"context"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/test/bench"
)

const (
	// slowClaims are those of a slow heketi, more than the provisioner has workers.
	slowClaims = 16
	// otherClaims are those of another heketi, which come after them.
	otherClaims = 5
	// slowness is how long the slow heketi takes for each operation: long beside what the machine itself
	// takes, also while it is busy with other tests.
	slowness = 4 * time.Second
)

// TestSlowHeketiHoldsUpNoOther has claims of a heketi that takes its time for each of its
// operations, of which it works on two at a time. Those of another heketi that come after
// them do not wait for them, whether volumes are made, grown or deleted.
func TestSlowHeketiHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	p := launch(t, "test.gluster.org/"+unique("p"), "--worker-threads=8", "--heketi-max-inflight=2")
	p.waitLeading(t)
	t.Cleanup(func() { p.endWell(t) })
	slow := startHeketi(t, bench.HeketiOptions{Faults: []bench.Fault{
		{Command: "volume create", Pause: slowness}, {Command: "add-brick", Pause: slowness}, {Command: "volume delete", Pause: slowness},
	}})
	other := startHeketi(t, bench.HeketiOptions{})
	namespace := newNamespace(t)
	claims := func(heketi *bench.Heketi, count int) (made []*v1.PersistentVolumeClaim) {
		class := newClass(t, p, heketi, nil, growable, with(ofCSI)).Name
		for range count {
			made = append(made, newClaim(t, namespace, class, "1Gi"))
		}
		return made
	}
	inTime := func(what string, left int) {
		t.Helper()
		if least := slowClaims / 2; left < least {
			t.Errorf("%s: the other heketi's claims were done when only %d of %d were left, want at least %d", what, left, slowClaims, least)
		}
	}

	slows := claims(slow, slowClaims)
	bench.Eventually(t, soon, func(context.Context) error {
		if made := len(volumesIn(t, slow)); made == 0 {
			return errorOf("the slow heketi has made no volume yet")
		}
		return nil
	})
	others := claims(other, otherClaims)
	var otherVolumes []*v1.PersistentVolume
	for _, claim := range others {
		otherVolumes = append(otherVolumes, waitBound(t, claim))
	}
	inTime("made", slowClaims-len(volumesIn(t, slow)))
	var slowVolumes []*v1.PersistentVolume
	for _, claim := range slows {
		slowVolumes = append(slowVolumes, waitBound(t, claim))
		if begun := countOf(t, claim.UID, "Provisioning"); begun != 1 {
			t.Errorf("claim %s was begun %d times: %v", claim.Name, begun, eventsOf(claim.UID))
		}
	}

	for _, claim := range slows {
		mustRequest(t, claim, "2Gi")
	}
	for _, claim := range others {
		mustRequest(t, claim, "2Gi")
	}
	for _, claim := range others {
		waitSize(t, other, claim, 2)
	}
	inTime("grown", smallerThan(t, slowVolumes, "2Gi"))
	for _, claim := range slows {
		waitSize(t, slow, claim, 2)
	}

	for _, claim := range slows {
		deleteClaim(t, claim)
	}
	for _, claim := range others {
		deleteClaim(t, claim)
	}
	for _, pv := range otherVolumes {
		waitVolumeGone(t, pv.Name)
	}
	inTime("deleted", len(volumesIn(t, slow)))
	for _, pv := range slowVolumes {
		waitVolumeGone(t, pv.Name)
	}
	waitNothingLeft(t, slow, namespace)
}

// countOf returns how often an event of a reason came.
func countOf(t *testing.T, uid types.UID, reason string) (count int32) {
	t.Helper()
	for _, event := range indexedEvents(byObject, string(uid)) {
		if event.Reason == reason {
			count += max(event.Count, 1)
		}
	}
	return count
}

// smallerThan returns how many of the PersistentVolumes are smaller.
func smallerThan(t *testing.T, pvs []*v1.PersistentVolume, size string) (count int) {
	t.Helper()
	for _, pv := range pvs {
		now := must[*v1.PersistentVolume](t)(env.client.CoreV1().PersistentVolumes().Get(t.Context(), pv.Name, metav1.GetOptions{}))
		if now.Spec.Capacity.Storage().String() != size {
			count++
		}
	}
	return count
}

// TestWhoWaitsForATurnAndGoes has claims deleted that wait for their turn, and then others
// made. Those get theirs.
func TestWhoWaitsForATurnAndGoes(t *testing.T) {
	t.Parallel()
	p := launch(t, "test.gluster.org/"+unique("p"), "--worker-threads=8", "--heketi-max-inflight=1")
	p.waitLeading(t)
	t.Cleanup(func() { p.endWell(t) })
	slow := startHeketi(t, bench.HeketiOptions{Faults: []bench.Fault{{Command: "volume create", Pause: 2 * time.Second}}})
	namespace := newNamespace(t)
	class := newClass(t, p, slow, nil, with(ofCSI)).Name
	var gone []*v1.PersistentVolumeClaim
	for range 20 {
		gone = append(gone, newClaim(t, namespace, class, "1Gi"))
	}
	bench.Eventually(t, soon, func(context.Context) error {
		for _, claim := range gone {
			if countOf(t, claim.UID, "Provisioning") > 0 {
				return nil
			}
		}
		return errorOf("none is begun yet")
	})
	for _, claim := range gone {
		if err := env.client.CoreV1().PersistentVolumeClaims(namespace).Delete(t.Context(), claim.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			t.Fatal(err)
		}
	}
	begun := time.Now()
	claim := newClaim(t, namespace, class, "1Gi")
	waitBound(t, claim)
	if took := time.Since(begun); took > 25*time.Second {
		t.Errorf("it waited for those that are gone: %v", took)
	}
	deleteClaim(t, claim)
	waitNothingLeft(t, slow, namespace)
	waitJournalEmpty(t, p)
}
