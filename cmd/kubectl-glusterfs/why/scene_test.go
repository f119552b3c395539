package why

import (
	"errors"
	"time"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	utilversion "k8s.io/apimachinery/pkg/util/version"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/asked"
	"glusterfs-provisioner/cmd/kubectl-glusterfs/cluster"
	"glusterfs-provisioner/provisioner/journal"
	"glusterfs-provisioner/provisioner/volume"
)

const (
	ours = "gluster.org/glusterfs"
	uid  = types.UID("11111111-2222-3333-4444-555555555555")
)

var (
	now       = time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC)
	forbidden = apierrors.NewForbidden(schema.GroupResource{Resource: "things"}, "x", errors.New("not for you"))
)

func ago(since time.Duration) metav1.Time { return metav1.NewTime(now.Add(-since)) }

// newClaim is a claim of class glusterfs that the provisioner was asked for ten minutes ago.
func newClaim() *v1.PersistentVolumeClaim {
	class := "glusterfs"
	claim := &v1.PersistentVolumeClaim{}
	claim.Namespace, claim.Name, claim.UID = "demo", "pictures", uid
	claim.CreationTimestamp = ago(10 * time.Minute)
	claim.Annotations = map[string]string{"volume.kubernetes.io/storage-provisioner": ours}
	claim.Finalizers = []string{finalizerInUse}
	claim.Spec.StorageClassName = &class
	claim.Spec.Resources.Requests = v1.ResourceList{v1.ResourceStorage: resource.MustParse("2Gi")}
	claim.Status.Phase = v1.ClaimPending
	return claim
}

func newClass() *storagev1.StorageClass {
	yes := true
	class := &storagev1.StorageClass{Provisioner: ours, AllowVolumeExpansion: &yes, Parameters: map[string]string{
		"resturl": "http://heketi:8080", "restuser": "admin", "secretNamespace": "storage", "secretName": "heketi",
	}}
	class.Name, class.CreationTimestamp = "glusterfs", ago(time.Hour)
	return class
}

// newVolume is the PersistentVolume of newClaim.
func newVolume() *v1.PersistentVolume {
	pv := volume.Build(volume.PersistentVolumeName(uid), volume.Made{
		Source: volume.CSI, ID: "v1", Cluster: "c1", Name: "pvc-1", SizeGiB: 2, GID: 2000, Heketi: volume.Heketi{URL: "http://heketi:8080"},
	}, newClaim(), newClass())
	pv.Annotations[volume.ProvisionedBy] = ours
	pv.Spec.StorageClassName = "glusterfs"
	pv.Spec.ClaimRef = &v1.ObjectReference{Namespace: "demo", Name: "pictures", UID: uid}
	pv.Status.Phase = v1.VolumeBound
	return pv
}

// there is a thing that exists.
func there[T any](value T) asked.Thing[T] { return asked.Thing[T]{Value: value, There: true} }

// untoldOf is a thing that who types may not read.
func untoldOf[T any]() asked.Thing[T] { return asked.Thing[T]{Err: forbidden} }

// pendingFacts are those of a claim that the provisioner is to make a volume for, in a cluster
// with which nothing is wrong.
func pendingFacts() *Facts {
	return &Facts{
		Name: types.NamespacedName{Namespace: "demo", Name: "pictures"}, Now: now,
		Installed:  cluster.Installed{Provisioner: ours, Namespace: "storage"},
		Claim:      there(newClaim()),
		Events:     there([]v1.Event{}),
		Classes:    there([]*storagev1.StorageClass{newClass()}),
		Key:        there(cluster.Key{}),
		Leader:     there(cluster.Leader{Holder: "pod-1", Renewed: now, Leads: true}),
		Driver:     there(&storagev1.CSIDriver{}),
		Kubernetes: there(utilversion.MustParseGeneric("1.36.3")),
		Pods:       there([]v1.Pod{}),
	}
}

// boundFacts are those of a claim that has its volume.
func boundFacts() *Facts {
	f := pendingFacts()
	claim := f.Claim.Value
	claim.Status.Phase, claim.Spec.VolumeName = v1.ClaimBound, volume.PersistentVolumeName(uid)
	claim.Status.Capacity = v1.ResourceList{v1.ResourceStorage: resource.MustParse("2Gi")}
	f.Volume, f.VolumeEvents = there(newVolume()), there([]v1.Event{})
	return f
}

// goneFacts are those of a claim that is gone, and left its volume.
func goneFacts() *Facts {
	f := boundFacts()
	f.Claim = asked.Thing[*v1.PersistentVolumeClaim]{}
	f.Volume.Value.Status.Phase = v1.VolumeReleased
	return f
}

func event(reason, message string, since time.Duration) v1.Event {
	return v1.Event{Reason: reason, Message: message, Count: 3, LastTimestamp: ago(since)}
}

func podOf(claim string, phase v1.PodPhase) v1.Pod {
	pod := v1.Pod{}
	pod.Name, pod.Status.Phase = "web", phase
	pod.Spec.Volumes = []v1.Volume{{VolumeSource: v1.VolumeSource{PersistentVolumeClaim: &v1.PersistentVolumeClaimVolumeSource{ClaimName: claim}}}}
	return pod
}

func someEntry() journal.Entry {
	return journal.Entry{Volume: "pvc-1", GID: 2000, Heketi: volume.Heketi{URL: "http://heketi:8080"}}
}
