package caches

import (
	"fmt"
	"maps"
	"reflect"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"glusterfs-provisioner/provisioner/volume"
)

func sizeIs(size string) v1.ResourceList {
	return v1.ResourceList{v1.ResourceStorage: resource.MustParse(size)}
}

func claimToTrim(volumeName string) *v1.PersistentVolumeClaim {
	return &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Name: "pictures", Namespace: "default", UID: "uid", ResourceVersion: "7",
			Labels:        map[string]string{"app": "gallery"},
			Annotations:   map[string]string{"note": "mine", "volume.kubernetes.io/selected-node": "n1"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}},
		},
		Spec:   v1.PersistentVolumeClaimSpec{VolumeName: volumeName, Resources: v1.ResourceRequirements{Requests: sizeIs("1Gi")}},
		Status: v1.PersistentVolumeClaimStatus{Phase: v1.ClaimBound, Capacity: sizeIs("1Gi")},
	}
}

// TestAWaitingClaimStaysWhole matters, because the library updates one whose node
// is gone: what were missing would be removed from the user's claim. Its managed fields
// tell whether it names a VolumeAttributesClass.
func TestAWaitingClaimStaysWhole(t *testing.T) {
	claim := claimToTrim("")
	want := claim.DeepCopy()
	if got := NewTrimmer().claim(claim); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestABoundClaimKeepsItsSpecAndStatus(t *testing.T) {
	claim := claimToTrim("pvc-uid")
	got := NewTrimmer().claim(claim)
	if !equality.Semantic.DeepEqual(got.Spec, claim.Spec) || !equality.Semantic.DeepEqual(got.Status, claim.Status) {
		t.Errorf("got %+v and %+v, want %+v and %+v", got.Spec, got.Status, claim.Spec, claim.Status)
	}
	if got.Name != claim.Name || got.Namespace != claim.Namespace || got.UID != claim.UID || got.ResourceVersion != claim.ResourceVersion {
		t.Errorf("got %+v, which is not the claim any more", got.ObjectMeta)
	}
	if got.ManagedFields != nil || got.Labels != nil || got.Annotations != nil {
		t.Errorf("got %+v, want nothing that is not read", got.ObjectMeta)
	}
}

// TestATrimmedVolumeTellsTheSame reads back all that Build can write.
func TestATrimmedVolumeTellsTheSame(t *testing.T) {
	for _, source := range []volume.Source{volume.Glusterfs, volume.CSI} {
		t.Run(string(source), func(t *testing.T) { aTrimmedVolumeTellsTheSame(t, source) })
	}
}

func aTrimmedVolumeTellsTheSame(t *testing.T, source volume.Source) {
	secret := types.NamespacedName{Namespace: "default", Name: "heketi"}
	for what, server := range map[string]volume.Heketi{
		"Secret":       {URL: "http://heketi:8080", User: "admin", Secret: must(volume.ParseSecretRef(secret.String()))},
		"key in class": {URL: "http://heketi:8080", User: "admin", KeyInClass: true},
		"no key":       {URL: "http://heketi:8080"},
	} {
		t.Run(what, func(t *testing.T) {
			pv := volume.Build("pvc-uid", volume.Made{
				Source: source, Heketi: server, ID: "id", Cluster: "cluster", Name: "pvc-uid", SizeGiB: 3, GID: 2000,
				EndpointsNamespace: "default", EndpointsName: "glusterfs-dynamic-uid", Hosts: []string{"10.0.0.1"},
			}, claimToTrim(""), &storagev1.StorageClass{})
			pv.Annotations[volume.ProvisionedBy] = "gluster.org/glusterfs"
			pv.Finalizers = []string{"external-provisioner.volume.kubernetes.io/finalizer"}
			pv.DeletionTimestamp = &metav1.Time{}
			pv.Status.Phase = v1.VolumeReleased
			got := NewTrimmer().volume(pv)
			before, err := volume.Recorded(pv)
			if err != nil {
				t.Fatal(err)
			}
			if after, err := volume.Recorded(got); err != nil || !reflect.DeepEqual(after, before) {
				t.Errorf("got %+v, %v, want %+v", after, err, before)
			}
			if pv.Spec.CSI != nil {
				pv.Spec.CSI.VolumeAttributes = map[string]string{"volume": "pvc-uid"} // nobody reads the others
			}
			if got.Annotations[volume.ProvisionedBy] != pv.Annotations[volume.ProvisionedBy] || !reflect.DeepEqual(got.Finalizers, pv.Finalizers) ||
				got.DeletionTimestamp == nil || !equality.Semantic.DeepEqual(got.Spec, pv.Spec) || got.Status.Phase != pv.Status.Phase {
				t.Errorf("got %+v, want all that is read of %+v", got, pv)
			}
		})
	}
}

// TestOtherDriversVolumes may have any number of attributes.
func TestOtherDriversVolumes(t *testing.T) {
	pv := &v1.PersistentVolume{Spec: v1.PersistentVolumeSpec{PersistentVolumeSource: v1.PersistentVolumeSource{CSI: &v1.CSIPersistentVolumeSource{
		Driver: "other", VolumeHandle: "handle", VolumeAttributes: map[string]string{"volume": "x"},
		NodeStageSecretRef: &v1.SecretReference{Name: "secret"},
	}}}}
	if got, want := NewTrimmer().volume(pv).Spec.CSI, (&v1.CSIPersistentVolumeSource{Driver: "other", VolumeHandle: "handle"}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestEqualSizesAreShared(t *testing.T) {
	trimmer := NewTrimmer()
	address := func(list v1.ResourceList) string { return fmt.Sprintf("%p", list) }
	one, same, other := trimmer.share(sizeIs("1Gi")), trimmer.share(sizeIs("1024Mi")), trimmer.share(sizeIs("2Gi"))
	if address(one) != address(same) || address(one) == address(other) {
		t.Error("want lists that say the same to be one, and no others")
	}
	more := sizeIs("1Gi")
	more[v1.ResourceEphemeralStorage] = resource.MustParse("1Gi")
	if got := trimmer.share(more); !maps.EqualFunc(got, more, func(a, b resource.Quantity) bool { return a.Cmp(b) == 0 }) {
		t.Errorf("got %v, want %v", got, more)
	}
}

// TestOddSizesLeaveNothing writes a million sizes that users may write into claims.
func TestOddSizesLeaveNothing(t *testing.T) {
	trimmer := NewTrimmer()
	list := v1.ResourceList{}
	for i := range int64(200_000) {
		for _, size := range []*resource.Quantity{
			resource.NewQuantity(i, resource.BinarySI),
			resource.NewQuantity(i<<30, resource.DecimalSI),
			resource.NewQuantity(-i<<30, resource.BinarySI),
			resource.NewQuantity(1<<30+i+1, resource.BinarySI),
			resource.NewQuantity((maxSharedGiB+1+i)<<30, resource.BinarySI),
		} {
			list[v1.ResourceStorage] = *size
			if got := trimmer.share(list); got.Storage().Cmp(*size) != 0 {
				t.Fatalf("got %v for %v", got.Storage(), size)
			}
		}
	}
	for gib, kept := range trimmer.sizes {
		if kept != nil {
			t.Fatalf("%d GiB is kept", gib)
		}
	}
}

func TestTheLargestSizeIsShared(t *testing.T) {
	trimmer := NewTrimmer()
	list := v1.ResourceList{v1.ResourceStorage: volume.GiB(maxSharedGiB)}
	if got := trimmer.share(list); !equality.Semantic.DeepEqual(got, list) || trimmer.sizes[maxSharedGiB] == nil {
		t.Errorf("got %v", got)
	}
}
