package provisioner

import (
	"strconv"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/volume"
)

// carrying returns a PersistentVolume with a GID, for a claim.
func carrying(name string, claim types.UID, gid int) *v1.PersistentVolume {
	pv := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid of " + name)}}
	pv.Annotations = map[string]string{volume.AnnotationGID: strconv.Itoa(gid)}
	pv.Spec.ClaimRef = &v1.ObjectReference{UID: claim}
	return pv
}

func expectTaken(t *testing.T, gids *gid.Allocator, want uint64) {
	t.Helper()
	if got := gids.Taken(); got != want {
		t.Fatalf("%d GIDs are taken, want %d", got, want)
	}
}

// TestGIDIsFreeOnceAfterDeletion repeats what may repeat, in the order that used
// to give a GID to two volumes: the deletion is confirmed, its GID is taken by
// another claim, and the deletion is repeated.
func TestGIDIsFreeOnceAfterDeletion(t *testing.T) {
	gids := gid.NewAllocator()
	holders := newGIDHolders(gids)
	first := carrying("pvc-1", "claim-1", 2000)
	holders.seen(first)
	holders.seen(first)
	expectTaken(t, gids, 1)

	holders.confirmDeleted(first.UID)
	expectTaken(t, gids, 1)
	if got, err := gids.Acquire("claim-2", gid.Range{Min: 2000, Max: 3000}); err != nil || got != 2001 {
		t.Fatalf("while the PersistentVolume exists, another claim got %d, %v", got, err)
	}
	holders.confirmDeleted(first.UID)
	holders.gone(first)
	expectTaken(t, gids, 1)
	holders.gone(first)
	expectTaken(t, gids, 1)
	if got, err := gids.Acquire("claim-3", gid.Range{Min: 2000, Max: 3000}); err != nil || got != 2000 {
		t.Fatalf("after it is gone, a claim got %d, %v", got, err)
	}
}

// TestGIDOfARemovedPersistentVolumeStays covers one whose volume lives on.
func TestGIDOfARemovedPersistentVolumeStays(t *testing.T) {
	gids := gid.NewAllocator()
	holders := newGIDHolders(gids)
	retained := carrying("pvc-1", "claim-1", 2000)
	holders.seen(retained)
	holders.gone(retained)
	expectTaken(t, gids, 1)
}

// TestDuplicatesFromElsewhere covers two PersistentVolumes that already shared a
// GID: it is free only when both are deleted.
func TestDuplicatesFromElsewhere(t *testing.T) {
	gids := gid.NewAllocator()
	holders := newGIDHolders(gids)
	one, two := carrying("pvc-1", "claim-1", 2000), carrying("pvc-2", "claim-2", 2000)
	holders.seen(one)
	holders.seen(two)
	for _, pv := range []*v1.PersistentVolume{one, two} {
		expectTaken(t, gids, 1)
		holders.confirmDeleted(pv.UID)
		holders.gone(pv)
	}
	expectTaken(t, gids, 0)
}

// TestReservationBecomesAHold covers the PersistentVolume of a claim that this
// process has provisioned.
func TestReservationBecomesAHold(t *testing.T) {
	gids := gid.NewAllocator()
	holders := newGIDHolders(gids)
	reserved, err := gids.Acquire("claim-1", gid.Range{Min: 2000, Max: 3000})
	if err != nil {
		t.Fatal(err)
	}
	holders.seen(carrying("pvc-1", "claim-1", int(reserved)))
	expectTaken(t, gids, 1)
	gids.Cancel("claim-1")
	expectTaken(t, gids, 1)
}

// TestLetGoIsForgottenWithTheVolume covers a PersistentVolume from its finalizer's
// removal on.
func TestLetGoIsForgottenWithTheVolume(t *testing.T) {
	holders := newGIDHolders(gid.NewAllocator())
	pv := carrying("pvc-1", "claim-1", 2000)
	holders.seen(pv)
	holders.letGo(pv.UID)
	if holders.isLetGo(pv.UID) {
		t.Error("a finalizer that is removed from a volume that exists lets it go")
	}
	holders.confirmDeleted(pv.UID)
	if holders.isLetGo(pv.UID) {
		t.Error("it is let go before its finalizer is removed")
	}
	holders.letGo(pv.UID)
	if !holders.isLetGo(pv.UID) || !holders.isDeleted(pv.UID) {
		t.Error("it is not let go")
	}
	holders.gone(pv)
	if holders.isLetGo(pv.UID) {
		t.Error("it is remembered after it is gone")
	}
}
