package census

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"
	corelisters "k8s.io/client-go/listers/core/v1"
	storagelisters "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"

	"glusterfs-provisioner/provisioner/gid"
	"glusterfs-provisioner/provisioner/volume"
)

const ours = "gluster.org/glusterfs"

var now = time.Unix(1_800_000_000, 0)

func takerOf(t *testing.T, objects ...runtime.Object) (*Taker, cache.Indexer) {
	t.Helper()
	store := func() cache.Indexer {
		return cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	}
	classes, claims, volumes := store(), store(), store()
	for _, object := range objects {
		var err error
		switch object.(type) {
		case *storagev1.StorageClass:
			err = classes.Add(object)
		case *v1.PersistentVolumeClaim:
			err = claims.Add(object)
		case *v1.PersistentVolume:
			err = volumes.Add(object)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return New(Dependencies{
		Provisioner: ours, Classes: storagelisters.NewStorageClassLister(classes),
		Claims: corelisters.NewPersistentVolumeClaimLister(claims), PersistentVolumes: corelisters.NewPersistentVolumeLister(volumes),
	}), volumes
}

func take(t *testing.T, taker *Taker, at time.Time) Census {
	t.Helper()
	taken, err := taker.Take(at)
	if err != nil {
		t.Fatal(err)
	}
	return taken
}

func class(name, provisioner string, parameters map[string]string) *storagev1.StorageClass {
	return &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Provisioner: provisioner, Parameters: parameters}
}

var right = map[string]string{"resturl": "http://heketi:8080", "restauthenabled": "false", "gidMin": "3000", "gidMax": "3999"}

// claim is one that has waited so long.
func claim(class string, waits time.Duration, change func(*v1.PersistentVolumeClaim)) *v1.PersistentVolumeClaim {
	claim := &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprint(class, waits), Namespace: "apps", CreationTimestamp: metav1.NewTime(now.Add(-waits)),
			Annotations: map[string]string{"volume.kubernetes.io/storage-provisioner": ours},
		},
		Spec: v1.PersistentVolumeClaimSpec{StorageClassName: &class},
	}
	if change != nil {
		change(claim)
	}
	return claim
}

func TestClaimsThatWait(t *testing.T) {
	forPods := class("pods", ours, right)
	mode := storagev1.VolumeBindingWaitForFirstConsumer
	forPods.VolumeBindingMode = &mode
	chosen := func(claim *v1.PersistentVolumeClaim) {
		claim.Annotations["volume.kubernetes.io/selected-node"] = "n1"
		at := metav1.NewTime(now.Add(-time.Minute))
		claim.ManagedFields = []metav1.ManagedFieldsEntry{
			{Manager: "kubectl", Time: &claim.CreationTimestamp, FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:spec":{}}`)}},
			{Manager: "kube-scheduler", Time: &at, FieldsV1: &metav1.FieldsV1{Raw: []byte(`{"f:metadata":{"f:annotations":{"f:volume.kubernetes.io/selected-node":{}}}}`)}},
		}
	}
	taker, _ := takerOf(t, class("gold", ours, right), class("bad", ours, nil), class("foreign", "example.com/other", right), forPods,
		claim("gold", time.Hour, nil), claim("gold", time.Minute, nil), claim("bad", time.Hour, nil), claim("foreign", time.Hour, nil), claim("invented", time.Hour, nil),
		claim("gold", 3*time.Hour, func(c *v1.PersistentVolumeClaim) { c.Spec.VolumeName = "pv" }),
		claim("gold", 4*time.Hour, func(c *v1.PersistentVolumeClaim) { c.DeletionTimestamp = &metav1.Time{Time: now} }),
		claim("gold", 5*time.Hour, func(c *v1.PersistentVolumeClaim) { c.Annotations = nil }),
		claim("pods", time.Hour, nil), claim("pods", 2*time.Hour, chosen),
	)
	taken := take(t, taker, now)
	got := map[string]Waiting{}
	for name, class := range taken.Classes {
		got[name] = class.Pending
	}
	want := map[string]Waiting{
		"gold": {2, now.Add(-time.Hour)}, "bad": {1, now.Add(-time.Hour)}, "pods": {1, now.Add(-time.Minute)},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if ids := taken.Classes["gold"].GIDs; ids == nil || *ids != (gid.Range{Min: 3000, Max: 3999}) || taken.Classes["bad"].GIDs != nil {
		t.Errorf("got the ranges %v and %v", ids, taken.Classes["bad"].GIDs)
	}
}

func pv(name, class, heketi string, phase v1.PersistentVolumePhase) *v1.PersistentVolume {
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name), Annotations: map[string]string{volume.ProvisionedBy: ours, volume.AnnotationURL: heketi}},
		Spec: v1.PersistentVolumeSpec{
			StorageClassName: class, PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimDelete,
			Capacity:               v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")},
			PersistentVolumeSource: v1.PersistentVolumeSource{Glusterfs: &v1.GlusterfsPersistentVolumeSource{}},
		},
		Status: v1.PersistentVolumeStatus{Phase: phase},
	}
}

func TestVolumesAndDeletions(t *testing.T) {
	others := pv("others", "gold", "http://not-ours:8080", v1.VolumeBound)
	others.Annotations[volume.ProvisionedBy] = "example.com/other"
	taker, volumes := takerOf(t, class("gold", ours, right), others,
		pv("bound", "gold", "http://heketi:8080", v1.VolumeBound), pv("released", "gold", "http://heketi:8080", v1.VolumeReleased),
		pv("orphaned", "gone", "http://second:8080", v1.VolumeReleased))
	taken := take(t, taker, now)
	if want := sets.New("http://heketi:8080", "http://second:8080"); !taken.Heketis.Equal(want) {
		t.Errorf("got the heketis %v, want %v", taken.Heketis, want)
	}
	for name, want := range map[string]*Class{
		"gold": {Deletions: Waiting{1, now}, Volumes: map[volume.Source]Volumes{volume.Glusterfs: {2, 2 << 30}}, GIDs: &gid.Range{Min: 3000, Max: 3999}},
		"":     {Deletions: Waiting{1, now}, Volumes: map[volume.Source]Volumes{volume.Glusterfs: {1, 1 << 30}}},
	} {
		if !reflect.DeepEqual(taken.Classes[name], want) {
			t.Errorf("class %q: got %+v, want %+v", name, taken.Classes[name], want)
		}
	}
	if err := volumes.Delete(pv("orphaned", "", "", "")); err != nil {
		t.Fatal(err)
	}
	later := take(t, taker, now.Add(time.Hour))
	if got := later.Classes["gold"].Deletions; got != (Waiting{1, now}) || later.Classes[""] != nil {
		t.Errorf("an hour later: got %+v, and %+v of classes that are gone; want since when it was seen first, and none", got, later.Classes[""])
	}
}
