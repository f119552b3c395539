package provisioner

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
)

// TestCacheKeepsWhatWasReleased does what the library does once it has saved a
// PersistentVolume that Kubernetes has released in the meantime.
func TestCacheKeepsWhatWasReleased(t *testing.T) {
	factory := informers.NewSharedInformerFactory(fake.NewSimpleClientset(), 0)
	informer := factory.Core().V1().PersistentVolumes().Informer()
	released := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pvc-1"}, Status: v1.PersistentVolumeStatus{Phase: v1.VolumeReleased}}
	if err := informer.GetStore().Add(released); err != nil {
		t.Fatal(err)
	}
	store := SavedVolumes(informer).GetStore()
	if err := store.Add(&v1.PersistentVolume{ObjectMeta: released.ObjectMeta}); err != nil {
		t.Fatal(err)
	}
	found, _, err := store.GetByKey("pvc-1")
	if err != nil || found.(*v1.PersistentVolume).Status.Phase != v1.VolumeReleased {
		t.Errorf("the cache has %v, %v", found, err)
	}
}
