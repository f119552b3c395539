package library

import (
	"slices"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
)

func informerWith(t *testing.T, pv *v1.PersistentVolume) cache.SharedIndexInformer {
	informer := informers.NewSharedInformerFactory(fake.NewSimpleClientset(), 0).Core().V1().PersistentVolumes().Informer()
	if err := informer.GetStore().Add(pv); err != nil {
		t.Fatal(err)
	}
	return informer
}

// TestCacheKeepsWhatWasReleased does what the library does once it has saved a
// PersistentVolume that Kubernetes has released in the meantime.
func TestCacheKeepsWhatWasReleased(t *testing.T) {
	released := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pvc-1"}, Status: v1.PersistentVolumeStatus{Phase: v1.VolumeReleased}}
	store := NewSavedVolumes(informerWith(t, released)).GetStore()
	if err := store.Add(&v1.PersistentVolume{ObjectMeta: released.ObjectMeta}); err != nil {
		t.Fatal(err)
	}
	found, _, err := store.GetByKey("pvc-1")
	if err != nil || found.(*v1.PersistentVolume).Status.Phase != v1.VolumeReleased {
		t.Errorf("the cache has %v, %v", found, err)
	}
}

// TestCacheKeepsFinalizers changes what was read in every way.
func TestCacheKeepsFinalizers(t *testing.T) {
	informer := informerWith(t, &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pvc-1", Finalizers: []string{Finalizer}}})
	store := NewSavedVolumes(informer).GetStore()
	byKey, _, _ := store.GetByKey("pvc-1")
	got, _, _ := store.Get(byKey)
	for _, read := range []any{byKey, got, store.List()[0]} {
		pv := read.(*v1.PersistentVolume)
		pv.Finalizers[0] = "another"
		pv.Finalizers = nil
	}
	cached, _, err := informer.GetStore().GetByKey("pvc-1")
	if err != nil || !slices.Equal(cached.(*v1.PersistentVolume).Finalizers, []string{Finalizer}) {
		t.Errorf("the cache has %v, %v", cached, err)
	}
}

func TestWhatIsNotCached(t *testing.T) {
	store := NewSavedVolumes(informerWith(t, &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pvc-1"}})).GetStore()
	if found, exists, err := store.GetByKey("pvc-2"); found != nil || exists || err != nil {
		t.Errorf("got %v, %v, %v", found, exists, err)
	}
}
