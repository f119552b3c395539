package audit

import (
	"errors"
	"fmt"
	"testing"

	"k8s.io/apimachinery/pkg/util/sets"
)

func gidOf(gid uint32) func(*Volume) { return func(v *Volume) { v.GID = gid } }

func TestSharedGIDs(t *testing.T) {
	db := Volume{ID: "v0", Name: "heketidbstorage", Cluster: "c1", SizeGiB: 2}
	in := func(heketi string, inventory Inventory) Inventory {
		inventory.Heketi = heketi
		return inventory
	}
	shared := func(heketi string, v Volume, pv, detail string) Finding {
		return Finding{Kind: SharedGID, Heketi: heketi, Volume: v.Name, ID: v.ID, Cluster: "c1", SizeGiB: v.SizeGiB, GID: v.GID, PersistentVolume: pv, Detail: detail}
	}
	other, vol := otherVolume(gidOf(2000)), Volume{ID: "v3", Name: "vol_v3", Cluster: "c1", SizeGiB: 1, GID: 2000}
	for what, test := range map[string]struct {
		inventories []Inventory
		want        []Finding
	}{
		"different ones": {[]Inventory{has(theVolume(), otherVolume())}, nil},
		"no GIDs":        {[]Inventory{has(db, theVolume(), otherVolume(gidOf(0)))}, nil},
		"two": {[]Inventory{has(db, theVolume(), other)}, []Finding{
			shared(url, other, "", "GID 2000 is also that of "+name+" (id v1)"),
			shared(url, theVolume(), name, "GID 2000 is also that of "+otherName+" (id v2)"),
		}},
		"three, whatever their names": {[]Inventory{has(theVolume(), other, vol)}, []Finding{
			shared(url, other, "", "GID 2000 is also that of "+name+" (id v1), vol_v3 (id v3)"),
			shared(url, theVolume(), name, "GID 2000 is also that of "+otherName+" (id v2), vol_v3 (id v3)"),
			shared(url, vol, "", "GID 2000 is also that of "+otherName+" (id v2), "+name+" (id v1)"),
		}},
		"one that heketi works on": {[]Inventory{has(theVolume(), otherVolume(gidOf(2000), func(v *Volume) { v.Pending = true }))}, nil},
		"over two heketis": {[]Inventory{has(theVolume()), in(otherURL, has(other))}, []Finding{
			shared(otherURL, other, "", "GID 2000 is also that of "+name+" (id v1, in "+url+")"),
			shared(url, theVolume(), name, "GID 2000 is also that of "+otherName+" (id v2, in "+otherURL+")"),
		}},
		"one heketi with two URLs": {[]Inventory{has(theVolume(), otherVolume()), in(otherURL, has(theVolume(), otherVolume()))}, nil},
		"a heketi that could not be asked": {[]Inventory{has(theVolume()),
			{Heketi: otherURL, Volumes: []Volume{other}, Err: errors.New("refused")}}, nil},
	} {
		t.Run(what, func(t *testing.T) {
			known := persistentVolumes(thePV())
			known.Unfinished = sets.New(otherName) // so that it is no orphan
			expectFindings(t, Compare(test.inventories, known), test.want...)
		})
	}
}

func TestASharedGIDOfManyNamesAFew(t *testing.T) {
	var volumes []Volume
	for i := range 1000 {
		volumes = append(volumes, Volume{ID: fmt.Sprintf("id%d", i), Name: fmt.Sprintf("vol_%03d", i), GID: 2000})
	}
	report := Compare([]Inventory{has(volumes...)}, Known{})
	if got := report.Count(SharedGID); got != 1000 {
		t.Errorf("got %d findings, want one for each volume", got)
	}
	for i, want := range map[int]string{
		0:   "GID 2000 is also that of vol_001 (id id1), vol_002 (id id2), vol_003 (id id3), 996 more",
		999: "GID 2000 is also that of vol_000 (id id0), vol_001 (id id1), vol_002 (id id2), 996 more",
	} {
		if got := report.Findings[i].Detail; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
