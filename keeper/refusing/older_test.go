package refusing

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/keeper/database"
	"glusterfs-provisioner/provisioner/gluster"
	"glusterfs-provisioner/provisioner/volume"
)

// saved is when the database of these tests was saved.
var saved = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

// withVolume is a PersistentVolume in a cluster of a heketi that was made at a time.
func withVolume(name, heketi, cluster, id string, made time.Time) *v1.PersistentVolume {
	pv := pvWith(name, map[string]string{volume.AnnotationVolumeID: id})
	if heketi != "" {
		pv.Annotations[volume.AnnotationURL] = heketi
	}
	if cluster != "" {
		pv.Annotations[volume.AnnotationClusterID] = cluster
	}
	pv.CreationTimestamp = metav1.NewTime(made)
	pv.Spec.PersistentVolumeReclaimPolicy = v1.PersistentVolumeReclaimDelete
	pv.Status.Phase = v1.VolumeBound
	return pv
}

func in(t *testing.T, text string) gluster.Database {
	t.Helper()
	var entries gluster.Database
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		t.Fatal(err)
	}
	return entries
}

// TestPersistentVolumesThatTheDatabaseLacks has, beside a PersistentVolume whose volume is there, one whose volume is not.
func TestPersistentVolumesThatTheDatabaseLacks(t *testing.T) {
	const ours, other = "http://heketi:8080", "http://other:8080"
	before, since := saved.Add(-time.Hour), saved.Add(time.Hour)
	database := in(t, `{"clusterentries": {"c1": {}}, "volumeentries": {"v1": {"Info": {"id": "v1", "name": "vol_1", "cluster": "c1"}}}}`)
	without := in(t, `{"clusterentries": {"c1": {}}, "volumeentries": {}}`)
	empty := in(t, `{"clusterentries": {}, "volumeentries": {}}`)
	change := func(pv *v1.PersistentVolume, how func(*v1.PersistentVolume)) *v1.PersistentVolume {
		how(pv)
		return pv
	}
	phase := func(phase v1.PersistentVolumePhase, policy v1.PersistentVolumeReclaimPolicy) func(*v1.PersistentVolume) {
		return func(pv *v1.PersistentVolume) {
			pv.Status.Phase, pv.Spec.PersistentVolumeReclaimPolicy = phase, policy
		}
	}
	handle := pvWith("handle", nil)
	handle.CreationTimestamp = metav1.NewTime(since)
	handle.Spec.CSI = &v1.CSIPersistentVolumeSource{Driver: volume.Driver, VolumeHandle: strings.Repeat("c", 32) + ":" + strings.Repeat("d", 32)}
	ofHandle := in(t, `{"clusterentries": {"`+strings.Repeat("c", 32)+`": {}}, "volumeentries": {}}`)
	inTree := pvWith("in-tree", map[string]string{volume.ProvisionedBy: volume.InTree})
	inTree.CreationTimestamp = metav1.NewTime(since)
	inTree.Spec.Glusterfs = &v1.GlusterfsPersistentVolumeSource{Path: "vol_1"}

	for name, test := range map[string]struct {
		database gluster.Database
		pv       *v1.PersistentVolume
		// younger and gone say what it is found to be.
		younger, gone bool
	}{
		"it is there":        {database, withVolume("pv", ours, "c1", "v1", since), false, false},
		"made since":         {database, withVolume("pv", ours, "c1", "v2", since), true, false},
		"made since, Retain": {database, change(withVolume("pv", ours, "c1", "v2", since), phase(v1.VolumeReleased, v1.PersistentVolumeReclaimRetain)), true, false},
		"made since, of no heketi, in our cluster":    {database, withVolume("pv", "", "c1", "v2", since), true, false},
		"made since, of a cluster made since":         {database, withVolume("pv", ours, "c2", "v2", since), true, false},
		"made since, of no cluster":                   {database, withVolume("pv", ours, "", "v2", since), true, false},
		"made since, the handle says so":              {ofHandle, handle, true, false},
		"made since, nothing was there":               {without, withVolume("pv", ours, "c1", "v2", since), true, false},
		"made since, not even a cluster was there":    {empty, withVolume("pv", ours, "c2", "v2", since), true, false},
		"deleted in heketi before":                    {database, withVolume("pv", ours, "c1", "v2", before), false, true},
		"deleted in heketi, its PersistentVolume not": {database, change(withVolume("pv", ours, "c1", "v2", since), phase(v1.VolumeReleased, v1.PersistentVolumeReclaimDelete)), false, false},
		"the same after a failure":                    {database, change(withVolume("pv", ours, "c1", "v2", since), phase(v1.VolumeFailed, v1.PersistentVolumeReclaimDelete)), false, false},
		"its PersistentVolume is being deleted": {database, change(withVolume("pv", ours, "c1", "v2", since), func(pv *v1.PersistentVolume) {
			now := metav1.NewTime(since)
			pv.DeletionTimestamp = &now
		}), false, false},
		"of another heketi that is named":            {database, withVolume("pv", other, "c9", "v9", since), false, false},
		"of another heketi that is not":              {database, withVolume("pv", "http://third:8080", "c9", "v9", since), false, false},
		"of a named one, nothing was there":          {empty, withVolume("pv", other, "c9", "v9", since), false, false},
		"of no heketi, in another cluster":           {database, withVolume("pv", "", "c9", "v9", since), false, false},
		"of the in-tree plugin, found by its name":   {database, inTree, false, false},
		"of the in-tree plugin, of an unknown place": {without, inTree, false, false},
		"none of heketi's":                           {database, pvWith("another's", nil), false, false},
	} {
		t.Run(name, func(t *testing.T) {
			all := []*v1.PersistentVolume{withVolume("there", ours, "c1", "v1", before), test.pv}
			if len(test.database.Volumes) == 0 {
				all = all[1:]
			}
			younger, gone := lacking(test.database, saved, all, []string{other})
			if slices.Contains(younger, test.pv.Name) != test.younger || slices.Contains(gone, test.pv.Name) != test.gone || len(younger)+len(gone) > 1 {
				t.Errorf("younger are %q, gone %q", younger, gone)
			}
		})
	}
}

func TestOlderDatabaseIsRefusedWithTheRemedy(t *testing.T) {
	err := Refusal{Namespace: "storage", Name: "heketi-database"}.ofOlder(database.Generation{Number: 12, Saved: saved}, []string{"pv-1", "pv-2"})
	for _, want := range []string{"Secret storage/heketi-database", "generation 12", "2024-05-01T12:00:00Z", "2 PersistentVolumes", "pv-1, pv-2", "--other-heketis", "--accept-generation=12"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if !errors.Is(err, ErrOlder) {
		t.Error("it is tried again")
	}
}
