package provisioner

import (
	"strconv"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/audit"
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

// TestMadeAnewUnderItsName covers a PersistentVolume whose deletion was not seen.
func TestMadeAnewUnderItsName(t *testing.T) {
	gids := gid.NewAllocator()
	holders := newGIDHolders(gids)
	first, second := carrying("pvc-1", "claim-1", 2000), carrying("pvc-1", "claim-1", 2001)
	second.UID = "another"
	holders.seen(first)
	holders.confirmDeleted(first.UID)
	holders.seen(second)
	expectTaken(t, gids, 1)
	holders.gone(first)
	expectTaken(t, gids, 1)
	if got, err := gids.Acquire("claim-2", gid.Range{Min: 2000, Max: 3000}); err != nil || got != 2000 {
		t.Errorf("a claim got %d, %v; want the GID of the one that is gone", got, err)
	}
}

// TestNobodyGetsTheGIDOfAStray audits again and again while a retained volume has no
// PersistentVolume.
func TestNobodyGetsTheGIDOfAStray(t *testing.T) {
	const url, otherURL = "http://heketi", "http://same-heketi"
	asked := []audit.Heketi{{URL: url}}
	stray := func(gid uint32) audit.Stray { return audit.Stray{Heketi: url, ID: "v1", GID: gid} }
	same := stray(2000)
	same.Heketi = otherURL
	gids := gid.NewAllocator()
	holders := newGIDHolders(gids)
	for _, step := range []struct {
		what   string
		report audit.Report
		taken  uint64
		next   uint32
	}{
		{"found", audit.Report{Heketis: asked, Strays: []audit.Stray{stray(2000)}}, 1, 2001},
		{"found again", audit.Report{Heketis: asked, Strays: []audit.Stray{stray(2000)}}, 1, 2001},
		{"found twice", audit.Report{Heketis: asked, Strays: []audit.Stray{stray(2000), same}}, 1, 2001},
		{"heketi is away", audit.Report{Heketis: []audit.Heketi{{URL: url, Failure: "away"}}}, 1, 2001},
		{"its class is gone", audit.Report{}, 1, 2001},
		{"with another GID", audit.Report{Heketis: asked, Strays: []audit.Stray{stray(2001)}}, 1, 2000},
		{"gone", audit.Report{Heketis: asked}, 0, 2000},
	} {
		holders.audited(step.report)
		expectTaken(t, gids, step.taken)
		if got, err := gids.Acquire("claim", gid.Range{Min: 2000, Max: 3000}); err != nil || got != step.next {
			t.Errorf("%s: a claim got %d, %v; want %d", step.what, got, err, step.next)
		}
		gids.Cancel("claim")
	}
	// Its data is bound again, by hand.
	holders.audited(audit.Report{Heketis: asked, Strays: []audit.Stray{stray(2000)}})
	holders.seen(carrying("by-hand", "claim-1", 2000))
	holders.audited(audit.Report{Heketis: asked})
	expectTaken(t, gids, 1)
}
