package audit

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"glusterfs-provisioner/provisioner/volume"
)

func released(policy v1.PersistentVolumeReclaimPolicy) func(*v1.PersistentVolume) {
	return func(pv *v1.PersistentVolume) {
		pv.Status.Phase, pv.Spec.PersistentVolumeReclaimPolicy = v1.VolumeReleased, policy
	}
}

func TestLost(t *testing.T) {
	const (
		deleted = "heketi knows the volume's cluster c1 but not the volume, so the volume was deleted there, or heketi's database is an older copy; restore it, or delete the claim and the PersistentVolume"
		foreign = "heketi knows neither the volume nor its cluster c1, so this is another or an empty heketi; bring back the heketi or the database that made the volume"
		unknown = "heketi does not know the volume, and which cluster had it is not recorded, so this may be another or an empty heketi"
	)
	empty := Inventory{Heketi: url}
	another := Inventory{Heketi: url, Clusters: []string{"c2"}}
	elsewhere := Inventory{Heketi: otherURL}
	noCluster := annotated(volume.AnnotationClusterID, "")
	for what, test := range map[string]struct {
		inventory Inventory
		pv        *v1.PersistentVolume
		detail    string // empty if it is not lost
	}{
		"deleted in heketi":                    {has(otherVolume()), thePV(), deleted},
		"released and kept":                    {has(), thePV(released(v1.PersistentVolumeReclaimRetain)), deleted},
		"being deleted":                        {has(), thePV(released(v1.PersistentVolumeReclaimDelete)), ""},
		"being deleted in vain":                {empty, thePV(released(v1.PersistentVolumeReclaimDelete)), foreign},
		"being deleted from who knows where":   {has(), thePV(noCluster, released(v1.PersistentVolumeReclaimDelete)), unknown},
		"an empty heketi":                      {empty, thePV(), foreign},
		"another heketi":                       {another, thePV(), foreign},
		"no cluster recorded":                  {has(), thePV(noCluster), unknown},
		"no cluster recorded, heketi has none": {empty, thePV(noCluster), unknown},
		"made again":                           {has(theVolume(func(v *Volume) { v.ID = "v9" })), thePV(), deleted + "; it has a volume of that name with id v9"},
		"made again in two clusters":           {has(theVolume(func(v *Volume) { v.ID, v.GID = "v9", 0 }), theVolume(func(v *Volume) { v.ID = "v8" })), thePV(), deleted + "; it has a volume of that name with id v8, v9"},
		"there":                                {has(theVolume()), thePV(), ""},
		"heketi works on it":                   {has(theVolume(func(v *Volume) { v.Pending = true })), thePV(), ""},
		"of another heketi":                    {elsewhere, thePV(), ""},
		"of another by a slash":                {empty, thePV(annotated(volume.AnnotationURL, url+"/")), ""},
		"in-tree":                              {empty, inTreePV(), ""},
		"not of GlusterFS":                     {empty, nfsPV("x"), ""},
	} {
		t.Run(what, func(t *testing.T) {
			var want []Finding
			if test.detail != "" {
				want = []Finding{{
					Kind: Lost, Heketi: url, Volume: name, ID: "v1", Cluster: test.pv.Annotations[volume.AnnotationClusterID],
					SizeGiB: 5, GID: 2000, PersistentVolume: name, Detail: test.detail,
				}}
			}
			known := persistentVolumes(test.pv)
			known.Unfinished = sets.New(otherName) // so that it is no orphan
			expectFindings(t, Compare([]Inventory{test.inventory}, known), want...)
		})
	}
}

func capacity(text string) func(*v1.PersistentVolume) {
	return func(pv *v1.PersistentVolume) { pv.Spec.Capacity[v1.ResourceStorage] = resource.MustParse(text) }
}

func TestGrown(t *testing.T) {
	const follows = " and claim say 5Gi; the leader lets them follow when it audits"
	larger := func(v *Volume) { v.SizeGiB = 6 }
	disagreement := Finding{
		Kind: Disagreement, Heketi: url, Volume: name, ID: "v1", Cluster: "c1", SizeGiB: 6, GID: 2001, PersistentVolume: name,
		Detail: "GID: PersistentVolume 2000, heketi 2001",
	}
	grown := func(gid uint32, sizeGiB int, detail string) Finding {
		return Finding{Kind: Grown, Heketi: url, Volume: name, ID: "v1", Cluster: "c1", SizeGiB: sizeGiB, GID: gid, PersistentVolume: name, Detail: detail}
	}
	for what, test := range map[string]struct {
		volume Volume
		pv     *v1.PersistentVolume
		want   []Finding
	}{
		"larger in heketi":   {theVolume(larger), thePV(), []Finding{grown(2000, 6, "heketi has 6Gi, PersistentVolume"+follows)}},
		"rounded up":         {theVolume(), thePV(capacity("4.5Gi")), []Finding{grown(2000, 5, "heketi has 5Gi, PersistentVolume and claim say 4608Mi; the leader lets them follow when it audits")}},
		"no capacity":        {theVolume(), thePV(func(pv *v1.PersistentVolume) { pv.Spec.Capacity = nil }), []Finding{grown(2000, 5, "heketi has 5Gi, PersistentVolume and claim say 0; the leader lets them follow when it audits")}},
		"with another GID":   {theVolume(larger, func(v *Volume) { v.GID = 2001 }), thePV(), []Finding{disagreement, grown(2001, 6, "heketi has 6Gi, PersistentVolume"+follows)}},
		"released and kept":  {theVolume(larger), thePV(released(v1.PersistentVolumeReclaimRetain)), []Finding{grown(2000, 6, "heketi has 6Gi, PersistentVolume"+follows)}},
		"being deleted":      {theVolume(larger), thePV(released(v1.PersistentVolumeReclaimDelete)), nil},
		"heketi works on it": {theVolume(larger, func(v *Volume) { v.Pending = true }), thePV(), nil},
		"in-tree":            {theVolume(larger), inTreePV(), nil},
		"of another heketi":  {theVolume(larger), thePV(annotated(volume.AnnotationURL, otherURL)), nil},
	} {
		t.Run(what, func(t *testing.T) {
			expectFindings(t, Compare([]Inventory{has(test.volume)}, persistentVolumes(test.pv)), test.want...)
		})
	}
}

func TestDisagreements(t *testing.T) {
	path := func(text string) func(*v1.PersistentVolume) {
		return func(pv *v1.PersistentVolume) { pv.Spec.Glusterfs.Path = text }
	}
	gid := func(text string) func(*v1.PersistentVolume) { return annotated(volume.AnnotationGID, text) }
	for what, test := range map[string]struct {
		volume Volume
		pv     *v1.PersistentVolume
		detail string // empty if they agree
	}{
		"none":                    {theVolume(), thePV(), ""},
		"smaller in heketi":       {theVolume(func(v *Volume) { v.SizeGiB = 4 }), thePV(), "size: PersistentVolume 5Gi, heketi 4Gi"},
		"larger by less than GiB": {theVolume(), thePV(capacity("5121Mi")), "size: PersistentVolume 5121Mi, heketi 5Gi"},
		"in other units":          {theVolume(), thePV(capacity("5120Mi")), ""},
		"GID":                     {theVolume(func(v *Volume) { v.GID = 2001 }), thePV(), "GID: PersistentVolume 2000, heketi 2001"},
		"GID only here":           {theVolume(func(v *Volume) { v.GID = 0 }), thePV(), "GID: PersistentVolume 2000, heketi 0"},
		"GID only there":          {theVolume(), thePV(gid("")), "GID: PersistentVolume none, heketi 2000"},
		"GID that is none":        {theVolume(), thePV(gid("2e3")), `GID: PersistentVolume "2e3", which is no GID, heketi 2000`},
		"no GID at all":           {theVolume(func(v *Volume) { v.GID = 0 }), thePV(gid("")), ""},
		"name":                    {theVolume(func(v *Volume) { v.Name = "vol_v1" }), thePV(), `name: PersistentVolume "` + name + `", heketi "vol_v1"`},
		"path of a directory":     {theVolume(), thePV(path("/" + name + "/data")), ""},
		"no path":                 {theVolume(), thePV(func(pv *v1.PersistentVolume) { pv.Spec.Glusterfs = nil }), `name: PersistentVolume "", heketi "` + name + `"`},
		"all": {theVolume(), thePV(capacity("1Ti"), gid("3000"), path("vol_9")),
			`size: PersistentVolume 1Ti, heketi 5Gi; GID: PersistentVolume 3000, heketi 2000; name: PersistentVolume "vol_9", heketi "` + name + `"`},
		"being deleted":      {theVolume(func(v *Volume) { v.SizeGiB = 4 }), thePV(released(v1.PersistentVolumeReclaimDelete)), "size: PersistentVolume 5Gi, heketi 4Gi"},
		"heketi works on it": {theVolume(func(v *Volume) { v.SizeGiB, v.Pending = 4, true }), thePV(), ""},
		"in-tree":            {theVolume(func(v *Volume) { v.SizeGiB, v.GID = 4, 2001 }), inTreePV(), ""},
		"of another heketi":  {theVolume(func(v *Volume) { v.SizeGiB = 4 }), thePV(annotated(volume.AnnotationURL, otherURL)), ""},
	} {
		t.Run(what, func(t *testing.T) {
			var want []Finding
			if v := test.volume; test.detail != "" {
				want = []Finding{{
					Kind: Disagreement, Heketi: url, Volume: v.Name, ID: "v1", Cluster: "c1",
					SizeGiB: v.SizeGiB, GID: v.GID, PersistentVolume: name, Detail: test.detail,
				}}
			}
			expectFindings(t, Compare([]Inventory{has(test.volume)}, persistentVolumes(test.pv)), want...)
		})
	}
}

func TestUnreadable(t *testing.T) {
	for _, test := range []struct {
		pv         *v1.PersistentVolume
		id, detail string
	}{
		{thePV(annotated(volume.AnnotationVolumeID, "")), "", "annotation gluster.org/heketi-volume-id is missing: it says which volume in which heketi this is; set it again with kubectl annotate"},
		{thePV(annotated(volume.AnnotationSecret, "heketi")), "v1", `annotation gluster.org/heketi-secret: "heketi" does not name a Secret; it must read namespace/name`},
	} {
		expectFindings(t, Compare([]Inventory{has(theVolume())}, persistentVolumes(test.pv)), Finding{
			Kind: Unreadable, Heketi: url, Volume: name, ID: test.id, Cluster: "c1", PersistentVolume: name, Detail: test.detail,
		})
	}
}

// Between the two looks, a volume may rightly come, grow and go.
func TestOnlyPersistentVolumesThatDidNotChangeAreCompared(t *testing.T) {
	for what, test := range map[string]struct {
		before map[types.UID]string
		want   int
	}{
		"there before":    {Versions([]*v1.PersistentVolume{thePV()}), 1},
		"not said":        {nil, 1},
		"changed since":   {map[types.UID]string{"pv-1": "9"}, 0},
		"made since":      {Versions(nil), 0},
		"another of same": {map[types.UID]string{"pv-0": "10"}, 0},
	} {
		for _, inventory := range []Inventory{has(), has(theVolume(func(v *Volume) { v.SizeGiB = 9 }))} {
			known := persistentVolumes(thePV())
			known.Before = test.before
			if got := Compare([]Inventory{inventory}, known).Findings; len(got) != test.want {
				t.Errorf("%s: got %+v, want %d findings", what, got, test.want)
			}
		}
	}
}
