package audit

import (
	"errors"
	"reflect"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
)

func TestStrays(t *testing.T) {
	stray := []Stray{{Heketi: url, ID: "v1", GID: 2000}}
	failed := has(theVolume())
	failed.Err = errors.New("refused")
	for what, test := range map[string]struct {
		inventory Inventory
		known     Known
		want      []Stray
	}{
		"nothing is known":            {has(theVolume()), Known{}, stray},
		"heketi works on it":          {has(theVolume(func(v *Volume) { v.Pending = true })), Known{}, stray},
		"any name":                    {has(theVolume(func(v *Volume) { v.Name = "vol_v1" })), Known{}, stray},
		"no GID":                      {has(theVolume(gidOf(0))), Known{}, nil},
		"a PersistentVolume":          {has(theVolume()), persistentVolumes(thePV()), nil},
		"an in-tree one":              {has(theVolume()), persistentVolumes(inTreePV()), nil},
		"another of the name":         {has(theVolume()), Known{PersistentVolumes: []*v1.PersistentVolume{nfsPV(name)}}, stray},
		"it is being made":            {has(theVolume()), Known{Unfinished: sets.New(name)}, nil},
		"its claim will find it":      {has(theVolume()), claims(uid), nil},
		"heketi could not be asked":   {failed, Known{}, nil},
		"a claim of another's volume": {has(theVolume(func(v *Volume) { v.Name = "vol_v1" })), claims(uid), stray},
	} {
		if got := Compare([]Inventory{test.inventory}, test.known).Strays; !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", what, got, test.want)
		}
	}
}
