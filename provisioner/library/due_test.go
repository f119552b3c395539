package library

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestIsDue(t *testing.T) {
	waits := storagev1.VolumeBindingWaitForFirstConsumer
	atOnce, forPod := classOf("gold", provisionerName), classOf("gold", provisionerName)
	forPod.VolumeBindingMode = &waits
	for what, test := range map[string]struct {
		change func(*v1.PersistentVolumeClaim)
		class  *storagev1.StorageClass
		due    bool
	}{
		"as it comes":   {func(*v1.PersistentVolumeClaim) {}, atOnce, true},
		"no annotation": {func(c *v1.PersistentVolumeClaim) { c.Annotations = nil }, atOnce, false},
		"another's":     {func(c *v1.PersistentVolumeClaim) { c.Annotations[annotationProvisioner] = "another" }, atOnce, false},
		"a volume":      {func(c *v1.PersistentVolumeClaim) { c.Spec.VolumeName = "pv" }, atOnce, false},
		"no node":       {func(*v1.PersistentVolumeClaim) {}, forPod, false},
		"a node":        {func(c *v1.PersistentVolumeClaim) { c.Annotations[annotationSelectedNode] = "n1" }, forPod, true},
		"the old annotation": {func(c *v1.PersistentVolumeClaim) {
			c.Annotations = map[string]string{annotationBetaProvisioner: provisionerName}
		}, atOnce, true},
		"another's, and the old annotation": {func(c *v1.PersistentVolumeClaim) {
			c.Annotations = map[string]string{annotationProvisioner: "another", annotationBetaProvisioner: provisionerName}
		}, atOnce, false},
	} {
		claim := claimOfClass("gold")
		test.change(claim)
		if due := IsDue(claim, provisionerName, test.class); due != test.due {
			t.Errorf("%s: it is due: %v", what, due)
		}
	}
}

func TestIsToDelete(t *testing.T) {
	going := func(pv *v1.PersistentVolume) *v1.PersistentVolume {
		pv.DeletionTimestamp = &metav1.Time{}
		return pv
	}
	for what, test := range map[string]struct {
		pv   *v1.PersistentVolume
		want bool
	}{
		"bound":                    {volumeIs(v1.VolumeBound, v1.PersistentVolumeReclaimDelete, Finalizer), false},
		"retained":                 {volumeIs(v1.VolumeReleased, v1.PersistentVolumeReclaimRetain, Finalizer), false},
		"released":                 {volumeIs(v1.VolumeReleased, v1.PersistentVolumeReclaimDelete), true},
		"going":                    {going(volumeIs(v1.VolumeReleased, v1.PersistentVolumeReclaimDelete, Finalizer)), true},
		"going, with nothing left": {going(volumeIs(v1.VolumeReleased, v1.PersistentVolumeReclaimDelete)), false},
	} {
		if got := IsToDelete(test.pv); got != test.want {
			t.Errorf("%s: got %v", what, got)
		}
	}
}
