package gid

import (
	"strconv"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/volume"
)

// carrying returns a PersistentVolume with a GID, for a claim.
func carrying(name string, claim types.UID, gid int) *v1.PersistentVolume {
	pv := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID("uid of " + name)}}
	pv.Annotations = map[string]string{volume.AnnotationGID: strconv.Itoa(gid)}
	pv.Spec.ClaimRef = &v1.ObjectReference{UID: claim}
	return pv
}

// TestGIDIsFreeOnceAfterDeletion repeats what may repeat, in the order that used
// to give a GID to two volumes: the deletion is confirmed, its GID is taken by
// another claim, and the deletion is repeated.
func TestGIDIsFreeOnceAfterDeletion(t *testing.T) {
	gids := NewAllocator()
	holders := NewHolders(gids)
	first := carrying("pvc-1", "claim-1", 2000)
	holders.Seen(first)
	holders.Seen(first)
	expectTaken(t, gids, 1)

	holders.ConfirmDeleted(first.UID)
	expectTaken(t, gids, 1)
	if got, err := gids.Acquire("claim-2", Range{Min: 2000, Max: 3000}); err != nil || got != 2001 {
		t.Fatalf("while the PersistentVolume exists, another claim got %d, %v", got, err)
	}
	holders.ConfirmDeleted(first.UID)
	holders.Gone(first)
	expectTaken(t, gids, 1)
	holders.Gone(first)
	expectTaken(t, gids, 1)
	if got, err := gids.Acquire("claim-3", Range{Min: 2000, Max: 3000}); err != nil || got != 2000 {
		t.Fatalf("after it is gone, a claim got %d, %v", got, err)
	}
}

// TestGIDOfARemovedPersistentVolumeStays covers one whose volume lives on.
func TestGIDOfARemovedPersistentVolumeStays(t *testing.T) {
	gids := NewAllocator()
	holders := NewHolders(gids)
	retained := carrying("pvc-1", "claim-1", 2000)
	holders.Seen(retained)
	holders.Gone(retained)
	expectTaken(t, gids, 1)
}

// TestDuplicatesFromElsewhere covers two PersistentVolumes that already shared a
// GID: it is free only when both are deleted.
func TestDuplicatesFromElsewhere(t *testing.T) {
	gids := NewAllocator()
	holders := NewHolders(gids)
	one, two := carrying("pvc-1", "claim-1", 2000), carrying("pvc-2", "claim-2", 2000)
	holders.Seen(one)
	holders.Seen(two)
	for _, pv := range []*v1.PersistentVolume{one, two} {
		expectTaken(t, gids, 1)
		holders.ConfirmDeleted(pv.UID)
		holders.Gone(pv)
	}
	expectTaken(t, gids, 0)
}

// TestReservationBecomesAHold covers the PersistentVolume of a claim that this
// process has provisioned.
func TestReservationBecomesAHold(t *testing.T) {
	gids := NewAllocator()
	holders := NewHolders(gids)
	reserved, err := gids.Acquire("claim-1", Range{Min: 2000, Max: 3000})
	if err != nil {
		t.Fatal(err)
	}
	holders.Seen(carrying("pvc-1", "claim-1", int(reserved)))
	expectTaken(t, gids, 1)
	gids.Cancel("claim-1")
	expectTaken(t, gids, 1)
}

// TestLetGoIsForgottenWithTheVolume covers a PersistentVolume from its finalizer's
// removal on.
func TestLetGoIsForgottenWithTheVolume(t *testing.T) {
	holders := NewHolders(NewAllocator())
	pv := carrying("pvc-1", "claim-1", 2000)
	holders.Seen(pv)
	holders.LetGo(pv.UID)
	if holders.IsLetGo(pv.UID) {
		t.Error("a finalizer that is removed from a volume that exists lets it go")
	}
	holders.ConfirmDeleted(pv.UID)
	if holders.IsLetGo(pv.UID) {
		t.Error("it is let go before its finalizer is removed")
	}
	holders.LetGo(pv.UID)
	if !holders.IsLetGo(pv.UID) || !holders.IsDeleted(pv.UID) {
		t.Error("it is not let go")
	}
	holders.Gone(pv)
	if holders.IsLetGo(pv.UID) {
		t.Error("it is remembered after it is gone")
	}
}

// TestMadeAnewUnderItsName covers a PersistentVolume whose deletion was not seen.
func TestMadeAnewUnderItsName(t *testing.T) {
	gids := NewAllocator()
	holders := NewHolders(gids)
	first, second := carrying("pvc-1", "claim-1", 2000), carrying("pvc-1", "claim-1", 2001)
	second.UID = "another"
	holders.Seen(first)
	holders.ConfirmDeleted(first.UID)
	holders.Seen(second)
	expectTaken(t, gids, 1)
	holders.Gone(first)
	expectTaken(t, gids, 1)
	if got, err := gids.Acquire("claim-2", Range{Min: 2000, Max: 3000}); err != nil || got != 2000 {
		t.Errorf("a claim got %d, %v; want the GID of the one that is gone", got, err)
	}
}

// TestNobodyGetsTheGIDOfAStray audits again and again while a retained volume has no
// PersistentVolume.
func TestNobodyGetsTheGIDOfAStray(t *testing.T) {
	const url, otherURL = "http://heketi", "http://same-heketi"
	asked := map[string]bool{url: true}
	stray := func(gid uint32) Stray { return Stray{Heketi: url, ID: "v1", GID: gid} }
	same := stray(2000)
	same.Heketi = otherURL
	gids := NewAllocator()
	holders := NewHolders(gids)
	for _, step := range []struct {
		what   string
		strays []Stray
		asked  map[string]bool
		taken  uint64
		next   uint32
	}{
		{"found", []Stray{stray(2000)}, asked, 1, 2001},
		{"found again", []Stray{stray(2000)}, asked, 1, 2001},
		{"found twice", []Stray{stray(2000), same}, asked, 1, 2001},
		{"heketi is away", nil, nil, 1, 2001},
		{"its class is gone", nil, nil, 1, 2001},
		{"with another GID", []Stray{stray(2001)}, asked, 1, 2000},
		{"gone", nil, asked, 0, 2000},
	} {
		holders.Audited(step.strays, func(heketi string) bool { return step.asked[heketi] })
		expectTaken(t, gids, step.taken)
		if got, err := gids.Acquire("claim", Range{Min: 2000, Max: 3000}); err != nil || got != step.next {
			t.Errorf("%s: a claim got %d, %v; want %d", step.what, got, err, step.next)
		}
		gids.Cancel("claim")
	}
	// Its data is bound again, by hand.
	holders.Audited([]Stray{stray(2000)}, func(string) bool { return true })
	holders.Seen(carrying("by-hand", "claim-1", 2000))
	holders.Audited(nil, func(string) bool { return true })
	expectTaken(t, gids, 1)
}

// TestGIDIsHeldOnceWhenAPersistentVolumeIsMadeAgain covers one that is removed, and made
// again with the same volume, as a conversion or a person who retained it does. Nobody gets
// its GID in between, and everybody when the volume is deleted.
func TestGIDIsHeldOnceWhenAPersistentVolumeIsMadeAgain(t *testing.T) {
	mounting := func(uid types.UID) *v1.PersistentVolume {
		pv := carrying("pvc-1", "claim-1", 2000)
		pv.UID, pv.Spec.Glusterfs = uid, &v1.GlusterfsPersistentVolumeSource{Path: "vol_1"}
		return pv
	}
	before, after := mounting("before"), mounting("after")
	for name, replace := range map[string]func(*Holders){
		"seen":               func(h *Holders) { h.Seen(before); h.Gone(before); h.Seen(after) },
		"not seen removed":   func(h *Holders) { h.Seen(before); h.Seen(after); h.Gone(before) },
		"by the next leader": func(h *Holders) { h.Expect(before); h.Seen(after); h.Expect(before) },
		"again and again": func(h *Holders) {
			for range 3 {
				h.Seen(before)
				h.Gone(before)
			}
			h.Seen(after)
		},
		"twice of one volume": func(h *Holders) {
			other := mounting("other")
			other.Name = "pvc-2"
			h.Seen(before)
			h.Seen(other)
			h.Gone(before)
			h.Gone(other)
			h.Seen(after)
		},
	} {
		t.Run(name, func(t *testing.T) {
			gids := NewAllocator()
			holders := NewHolders(gids)
			replace(holders)
			expectTaken(t, gids, 1)
			holders.ConfirmDeleted(after.UID)
			holders.Gone(after)
			expectTaken(t, gids, 0)
		})
	}
	gids := NewAllocator()
	holders := NewHolders(gids)
	holders.Seen(before)
	holders.Gone(before)
	expectTaken(t, gids, 1)
}
