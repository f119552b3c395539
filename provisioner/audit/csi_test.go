package audit

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// csiPV is thePV with the source csi, so that it is what a node plugin mounts.
func csiPV(changes ...func(*v1.PersistentVolume)) *v1.PersistentVolume {
	made, err := volume.Recorded(thePV())
	if err != nil {
		panic(err)
	}
	made.Source = volume.CSI
	source := volume.Build(name, made, &v1.PersistentVolumeClaim{}, &storagev1.StorageClass{}).Spec.PersistentVolumeSource
	pv := thePV(func(pv *v1.PersistentVolume) { pv.Spec.PersistentVolumeSource = source })
	for _, change := range changes {
		change(pv)
	}
	return pv
}

// A PersistentVolume accounts for what it mounts, by id or by name, whatever else is
// left of it.
func TestCSIVolumesAreNoOrphans(t *testing.T) {
	bare := func(pv *v1.PersistentVolume) { pv.Name, pv.Annotations = "by-hand", nil }
	for what, test := range map[string]struct {
		pv     *v1.PersistentVolume
		orphan bool
	}{
		"ours":         {csiPV(), false},
		"by its id":    {csiPV(bare, func(pv *v1.PersistentVolume) { pv.Spec.CSI.VolumeAttributes = nil }), false},
		"by its name":  {csiPV(bare, func(pv *v1.PersistentVolume) { pv.Spec.CSI.VolumeHandle = "c1:v9" }), false},
		"of another":   {csiPV(bare, func(pv *v1.PersistentVolume) { pv.Spec.CSI.Driver = "other" }), true},
		"of no volume": {csiPV(bare, func(pv *v1.PersistentVolume) { pv.Spec.CSI = nil }), true},
	} {
		report := Compare([]Inventory{has(theVolume())}, persistentVolumes(test.pv))
		if got := report.Count(Orphan) == 1; got != test.orphan {
			t.Errorf("%s: got %+v, want an orphan: %v", what, report.Findings, test.orphan)
		}
	}
}

func TestCSIVolumesAreCompared(t *testing.T) {
	renamed := theVolume(func(v *Volume) { v.Name = "vol_v1" })
	report := Compare([]Inventory{has(renamed)}, persistentVolumes(csiPV()))
	if len(report.Findings) != 1 || report.Findings[0].Detail != `name: PersistentVolume "`+name+`", heketi "vol_v1"` {
		t.Errorf("got %+v", report.Findings)
	}
	expectFindings(t, Compare([]Inventory{has(theVolume())}, persistentVolumes(csiPV())))
	report = Compare([]Inventory{has()}, persistentVolumes(csiPV()))
	if report.Count(Lost) != 1 || report.Findings[0].ID != "v1" || report.Findings[0].Volume != name {
		t.Errorf("got %+v, want that it is lost", report.Findings)
	}
}
