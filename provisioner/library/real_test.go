package library

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"

	"glusterfs-provisioner/provisioner/volume"
)

// TestRealLibrary has the library's own controller work with what this package gives
// it. All scenes are made before the first one runs, see newScene.
func TestRealLibrary(t *testing.T) {
	plays := []struct {
		name  string
		scene *scene
		play  func(*testing.T, *scene)
	}{
		{"a finalizer that cannot be removed is tried again",
			newScene(soon(), volumeIs(v1.VolumeReleased, v1.PersistentVolumeReclaimDelete, Finalizer)), finalizerOfDeletedVolume},
		{"a finalizer that cannot be added is tried again",
			newScene(soon(), volumeIs(v1.VolumeBound, v1.PersistentVolumeReclaimDelete)), finalizerOfNewVolume},
		{"a finalizer that is not needed and cannot be removed is tried again",
			newScene(soon(), volumeIs(v1.VolumeBound, v1.PersistentVolumeReclaimRetain, Finalizer)), finalizerOfRetainedVolume},
		{"what a user writes into a claim causes no try",
			newScene(never(), classOf("gold", provisionerName), claimOfClass("gold"), &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1"}}), claimIsWrittenTo},
		{"a claim that is tried between is tried again",
			newScene(workqueue.NewItemExponentialFailureRateLimiter(400*time.Millisecond, 800*time.Millisecond), classOf("gold", provisionerName), claimOfClass("gold")), claimIsTriedBetween},
		{"a claim that waits for its turn is tried when it comes",
			newScene(never(), classOf("gold", provisionerName), claimOfClass("gold")), claimWaitsForItsTurn},
		{"a deletion that waits for its turn is tried when it comes",
			newScene(never(), volumeIs(v1.VolumeReleased, v1.PersistentVolumeReclaimDelete, Finalizer)), deletionWaitsForItsTurn},
		{"a class that a user invents is not counted",
			newScene(soon(), append(inventions(), classOf("gold", provisionerName), classOf("silver", "example.com/other"))...), classIsInvented},
	}
	for _, p := range plays {
		t.Run(p.name, func(t *testing.T) {
			p.play(t, p.scene)
			p.scene.stop(t)
		})
	}
}

func volumeIs(phase v1.PersistentVolumePhase, policy v1.PersistentVolumeReclaimPolicy, finalizers ...string) *v1.PersistentVolume {
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{
			Name: "pvc-1", UID: "uid-1", Finalizers: finalizers,
			Annotations: map[string]string{volume.ProvisionedBy: provisionerName},
		},
		Spec:   v1.PersistentVolumeSpec{PersistentVolumeReclaimPolicy: policy},
		Status: v1.PersistentVolumeStatus{Phase: phase},
	}
}

// finalizerOfDeletedVolume fails two patches. The event of the deletion refreshes the
// cache once, so that one failure alone would show little.
func finalizerOfDeletedVolume(t *testing.T, s *scene) {
	s.patchesToFail.Store(2)
	s.start(t)
	eventually(t, "the PersistentVolume is gone", func() bool {
		_, err := s.stored("pvc-1")
		return apierrors.IsNotFound(err)
	})
	eventually(t, "its end is told", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return slices.Contains(s.letGo, "uid-1")
	})
	if told := s.events.all(); len(told) != 2 || !strings.HasPrefix(told[0], "VolumeFailedDelete: the volume is deleted, but the finalizer") {
		t.Errorf("events are %q, want one for each failure", told)
	}
}

func finalizerOfNewVolume(t *testing.T, s *scene) {
	s.patchesToFail.Store(2)
	s.start(t)
	eventually(t, "the PersistentVolume has the finalizer", func() bool {
		pv, err := s.stored("pvc-1")
		return err == nil && slices.Contains(pv.Finalizers, Finalizer)
	})
	if told := s.events.all(); len(told) != 2 || !strings.HasPrefix(told[0], "FinalizerNotAdded: ") {
		t.Errorf("events are %q, want one for each failure", told)
	}
}

func finalizerOfRetainedVolume(t *testing.T, s *scene) {
	s.patchesToFail.Store(2)
	s.start(t)
	eventually(t, "the PersistentVolume has lost the finalizer", func() bool {
		pv, err := s.stored("pvc-1")
		return err == nil && len(pv.Finalizers) == 0
	})
	if s.provisioner.deleted.Load() != 0 {
		t.Error("the volume was deleted")
	}
	told := s.events.all()
	if len(told) != 2 || !strings.HasPrefix(told[0], "FinalizerNotRemoved: the volume stays") {
		t.Errorf("events are %q, want that the volume stays, for each failure", told)
	}
}

func classOf(name, provisioner string) *storagev1.StorageClass {
	return &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: name, UID: "uid-of-class"}, Provisioner: provisioner}
}

func claimIsWrittenTo(t *testing.T, s *scene) {
	s.start(t)
	tries := func(want int) func() bool { return func() bool { return s.provisioner.triesOf("gold") == want } }
	eventually(t, "the claim is tried", tries(1))
	claim := claimOfClass("gold")
	for i := range 20 {
		s.changes(t, claim, func(c *v1.PersistentVolumeClaim) { c.Labels = map[string]string{"i": strconv.Itoa(i)} })
		time.Sleep(10 * time.Millisecond)
	}
	if got := s.provisioner.triesOf("gold"); got != 1 {
		t.Errorf("a label that changes caused %d tries", got-1)
	}
	for i := range 20 {
		s.changes(t, claim, func(c *v1.PersistentVolumeClaim) {
			c.Annotations[annotationSelectedNode] = fmt.Sprint("n", i)
			delete(c.Annotations, annotationProvisioner)
		})
		s.changes(t, claim, func(c *v1.PersistentVolumeClaim) { c.Annotations[annotationProvisioner] = provisionerName })
		time.Sleep(10 * time.Millisecond)
	}
	if got := s.provisioner.triesOf("gold"); got != 1 {
		t.Errorf("annotations that change caused %d tries within the pause", got-1)
	}
	delete(claim.Annotations, annotationSelectedNode)
	s.changes(t, claim, func(c *v1.PersistentVolumeClaim) {
		c.Spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteMany}
	})
	eventually(t, "the claim is tried when its spec has changed", tries(2))
	eventually(t, "two failures are remembered", func() bool { return s.pauses.NumRequeues("uid-1") == 2 })
}

// claimIsTriedBetween has a claim tried before its pause is over. The library then tries it
// when that pause would have been over, which the second failure has made longer.
func claimIsTriedBetween(t *testing.T, s *scene) {
	s.start(t)
	tries := func(want int) func() bool { return func() bool { return s.provisioner.triesOf("gold") >= want } }
	eventually(t, "the claim is tried", tries(1))
	s.changes(t, claimOfClass("gold"), func(c *v1.PersistentVolumeClaim) {
		c.Spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteMany}
	})
	eventually(t, "the claim is tried when its spec has changed", tries(2))
	eventually(t, "the claim is tried when its second pause is over", tries(3))
}

// claimWaitsForItsTurn has a claim not let in, and then told of.
func claimWaitsForItsTurn(t *testing.T, s *scene) {
	s.provisioner.full.Store(true)
	s.start(t)
	eventually(t, "the claim is asked for", func() bool { return s.provisioner.asked.Load() > 0 })
	if s.claims.TellOf("uid-of-none") {
		t.Error("the library was told of a claim that does not exist")
	}
	s.provisioner.full.Store(false)
	if !s.claims.TellOf("uid-1") {
		t.Error("the library could not be told of the claim")
	}
	eventually(t, "the claim is tried", func() bool { return s.provisioner.triesOf("gold") == 1 })
}

// deletionWaitsForItsTurn has a PersistentVolume not let in, and then told of.
func deletionWaitsForItsTurn(t *testing.T, s *scene) {
	s.provisioner.full.Store(true)
	s.start(t)
	eventually(t, "the deletion is asked for", func() bool { return s.provisioner.asked.Load() > 0 })
	if s.volumes.TellOf("none") {
		t.Error("the library was told of a PersistentVolume that does not exist")
	}
	s.provisioner.full.Store(false)
	if !s.volumes.TellOf("pvc-1") {
		t.Error("the library could not be told of the PersistentVolume")
	}
	eventually(t, "it is deleted", func() bool { return s.provisioner.deleted.Load() > 0 })
}

// inventions are claims for all that users may invent, and one for the class gold.
func inventions() []runtime.Object {
	both := claimOfClass("invented-in-spec")
	both.Annotations[v1.BetaStorageClassAnnotation] = "gold"
	all := []*v1.PersistentVolumeClaim{
		claimOfClass("gold"), both, claimOfClass("invented"), claimOfClass("bronze"), claimOfClass("silver"),
	}
	var objects []runtime.Object
	for i, claim := range all {
		claim.Name, claim.UID = fmt.Sprintf("claim-%d", i), types.UID(fmt.Sprintf("uid-%d", i))
		objects = append(objects, claim)
	}
	return objects
}

func classIsInvented(t *testing.T, s *scene) {
	s.start(t)
	eventually(t, "the claim of the class that exists is tried again", func() bool { return s.provisioner.triesOf("gold") > 3 })
	if series := testutil.CollectAndCount(s.metrics.PersistentVolumeClaimProvisionFailedTotal); series != 1 {
		t.Errorf("%d classes are counted, want gold alone", series)
	}
	if _, err := s.client.StorageV1().StorageClasses().Create(t.Context(), classOf("bronze", provisionerName), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a claim is tried when its class is made", func() bool { return s.provisioner.triesOf("bronze") > 0 })
}
