package library

import (
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

func TestWhichUpdatesCount(t *testing.T) {
	tests := map[string]struct {
		change func(*v1.PersistentVolumeClaim)
		counts bool
	}{
		"nothing":      {func(*v1.PersistentVolumeClaim) {}, false},
		"a label":      {func(c *v1.PersistentVolumeClaim) { c.Labels = map[string]string{"app": "gallery"} }, false},
		"a note":       {func(c *v1.PersistentVolumeClaim) { c.Annotations["note"] = "mine" }, false},
		"a finalizer":  {func(c *v1.PersistentVolumeClaim) { c.Finalizers = []string{"example.com/mine"} }, false},
		"an owner":     {func(c *v1.PersistentVolumeClaim) { c.OwnerReferences = []metav1.OwnerReference{{Name: "set"}} }, false},
		"a condition":  {func(c *v1.PersistentVolumeClaim) { c.Status.Conditions = []v1.PersistentVolumeClaimCondition{{}} }, false},
		"made anew":    {func(c *v1.PersistentVolumeClaim) { c.UID = "uid-2" }, true},
		"the phase":    {func(c *v1.PersistentVolumeClaim) { c.Status.Phase = v1.ClaimLost }, true},
		"the deletion": {func(c *v1.PersistentVolumeClaim) { c.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)} }, true},
		"the volume":   {func(c *v1.PersistentVolumeClaim) { c.Spec.VolumeName = "pv" }, true},
		"the request": {func(c *v1.PersistentVolumeClaim) {
			c.Spec.Resources.Requests = v1.ResourceList{v1.ResourceStorage: resource.MustParse("2Gi")}
		}, true},
	}
	for _, name := range annotationsThatCount {
		tests[name] = struct {
			change func(*v1.PersistentVolumeClaim)
			counts bool
		}{func(c *v1.PersistentVolumeClaim) { c.Annotations[name] = "x" }, true}
	}
	for what, test := range tests {
		t.Run(what, func(t *testing.T) {
			old := claimOfClass("gold")
			now := old.DeepCopy()
			now.ResourceVersion = "2"
			test.change(now)
			if heard := hears(old, now); heard != test.counts {
				t.Errorf("the library hears of it: %t, want %t", heard, test.counts)
			}
		})
	}
}

// TestResyncsAreHeardOf matters for claims that the library has given up.
func TestResyncsAreHeardOf(t *testing.T) {
	claim := claimOfClass("gold")
	if !hears(claim, claim) {
		t.Error("the library does not hear of a resync")
	}
}

// hears says whether an update reaches the library.
func hears(old, now *v1.PersistentVolumeClaim) (heard bool) {
	handler := whatCounts{cache.ResourceEventHandlerFuncs{UpdateFunc: func(any, any) { heard = true }}, noPauses()}
	handler.OnUpdate(old, now)
	return heard
}

// noPauses are for what never fails.
func noPauses() *Pauses {
	return NewPauses(never(), func(string) bool { return false }, func(string) {})
}

func claimOfClass(class string) *v1.PersistentVolumeClaim {
	return &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Name: "pictures", Namespace: "default", UID: "uid-1", ResourceVersion: "1",
			Annotations: map[string]string{"volume.kubernetes.io/storage-provisioner": provisionerName},
		},
		Spec:   v1.PersistentVolumeClaimSpec{StorageClassName: &class},
		Status: v1.PersistentVolumeClaimStatus{Phase: v1.ClaimPending},
	}
}
