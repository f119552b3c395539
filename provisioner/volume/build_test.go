package volume

import (
	"maps"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/diff"
)

// myVolume is the volume of claim default/myclaim, whose key is in a Secret.
func myVolume() Made {
	return Made{
		Source: Glusterfs,
		Heketi: Heketi{
			URL:    "http://heketi:8080",
			User:   "admin",
			Secret: &SecretRef{Namespace: "default", Name: "heketi-secret"},
		},
		ID:                 "d0202e432ca7744f0022e7d623fc31e8",
		Cluster:            "13ce7c9d7a8a4f6a8c0d4c1a5b8c6f21",
		Name:               "vol_d0202e432ca7744f0022e7d623fc31e8",
		SizeGiB:            1,
		GID:                40000,
		EndpointsNamespace: "default",
		EndpointsName:      "glusterfs-dynamic-" + string(uid),
	}
}

func myClaim() *v1.PersistentVolumeClaim {
	return &v1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "myclaim", Namespace: "default", UID: uid},
		Spec:       v1.PersistentVolumeClaimSpec{AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce}},
	}
}

func myClass() *storagev1.StorageClass {
	return &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "slow"}}
}

// asInTree is the PersistentVolume that the in-tree plugin of Kubernetes 1.25
// wrote for the same claim, without what binds it, which others add.
func asInTree() *v1.PersistentVolume {
	namespace, mode := "default", v1.PersistentVolumeFilesystem
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{
			Name: "pvc-cff15b42-70d4-4125-875c-d2171926e4a2",
			Annotations: map[string]string{
				"Description":                            "Gluster-Internal: Dynamically provisioned PV",
				"gluster.kubernetes.io/heketi-volume-id": "d0202e432ca7744f0022e7d623fc31e8",
				"gluster.org/type":                       "file",
				"kubernetes.io/createdby":                "heketi-dynamic-provisioner",
				"pv.beta.kubernetes.io/gid":              "40000",
			},
		},
		Spec: v1.PersistentVolumeSpec{
			AccessModes: []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce},
			Capacity:    v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")},
			PersistentVolumeSource: v1.PersistentVolumeSource{Glusterfs: &v1.GlusterfsPersistentVolumeSource{
				EndpointsName:      "glusterfs-dynamic-cff15b42-70d4-4125-875c-d2171926e4a2",
				EndpointsNamespace: &namespace,
				Path:               "vol_d0202e432ca7744f0022e7d623fc31e8",
			}},
			PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimDelete,
			VolumeMode:                    &mode,
		},
	}
}

func TestBuildIsTheInTreePluginsVolumeAndOurAnnotations(t *testing.T) {
	want := asInTree()
	maps.Copy(want.Annotations, map[string]string{
		"gluster.org/heketi-volume-id":  "d0202e432ca7744f0022e7d623fc31e8",
		"gluster.org/heketi-url":        "http://heketi:8080",
		"gluster.org/heketi-user":       "admin",
		"gluster.org/heketi-secret":     "default/heketi-secret",
		"gluster.org/heketi-cluster-id": "13ce7c9d7a8a4f6a8c0d4c1a5b8c6f21",
	})
	got := Build(pvName, myVolume(), myClaim(), myClass())
	if id := got.Annotations["gluster.kubernetes.io/heketi-volume-id"]; id != "" {
		t.Errorf("an in-tree plugin that still runs would find the volume by its id %s", id)
	}
	ShowToInTree(got)
	if !equality.Semantic.DeepEqual(got, want) {
		t.Errorf("it differs from what is wanted:\n%s", diff.ObjectReflectDiff(got, want))
	}
	capacity := got.Spec.Capacity[v1.ResourceStorage]
	if capacity.String() != "1Gi" {
		t.Errorf("capacity: got %s, want 1Gi", capacity.String())
	}
}

// myCSIVolume is the same volume, for another source.
func myCSIVolume() Made {
	made := myVolume()
	made.Source, made.Hosts = CSI, []string{"10.0.0.1", "10.0.0.2", "fd00::3"}
	made.EndpointsNamespace, made.EndpointsName = "", ""
	return made
}

// Only the source differs.
func TestBuildForCSI(t *testing.T) {
	want := Build(pvName, myVolume(), myClaim(), myClass())
	want.Spec.PersistentVolumeSource = v1.PersistentVolumeSource{CSI: &v1.CSIPersistentVolumeSource{
		Driver:       "glusterfs.csi.gluster.org",
		VolumeHandle: "13ce7c9d7a8a4f6a8c0d4c1a5b8c6f21:d0202e432ca7744f0022e7d623fc31e8",
		VolumeAttributes: map[string]string{
			"cluster": "13ce7c9d7a8a4f6a8c0d4c1a5b8c6f21",
			"volume":  "vol_d0202e432ca7744f0022e7d623fc31e8",
			"servers": "10.0.0.1,10.0.0.2,fd00::3",
		},
	}}
	if got := Build(pvName, myCSIVolume(), myClaim(), myClass()); !equality.Semantic.DeepEqual(got, want) {
		t.Errorf("it differs from what is wanted:\n%s", diff.ObjectReflectDiff(got, want))
	}
}

func TestBuildFollowsClaimAndClass(t *testing.T) {
	retain := v1.PersistentVolumeReclaimRetain
	tests := []struct {
		what  string
		given func(*v1.PersistentVolumeClaim, *storagev1.StorageClass)
		want  func(*v1.PersistentVolumeSpec)
	}{{
		"no access modes",
		func(claim *v1.PersistentVolumeClaim, _ *storagev1.StorageClass) { claim.Spec.AccessModes = nil },
		func(spec *v1.PersistentVolumeSpec) {
			spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteOnce, v1.ReadOnlyMany, v1.ReadWriteMany}
		},
	}, {
		"two access modes",
		func(claim *v1.PersistentVolumeClaim, _ *storagev1.StorageClass) {
			claim.Spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteMany, v1.ReadOnlyMany}
		},
		func(spec *v1.PersistentVolumeSpec) {
			spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteMany, v1.ReadOnlyMany}
		},
	}, {
		"reclaim policy",
		func(_ *v1.PersistentVolumeClaim, class *storagev1.StorageClass) { class.ReclaimPolicy = &retain },
		func(spec *v1.PersistentVolumeSpec) { spec.PersistentVolumeReclaimPolicy = retain },
	}, {
		"mount options",
		func(_ *v1.PersistentVolumeClaim, class *storagev1.StorageClass) {
			class.MountOptions = []string{"log-level=WARNING", "direct-io-mode=disable"}
		},
		func(spec *v1.PersistentVolumeSpec) {
			spec.MountOptions = []string{"log-level=WARNING", "direct-io-mode=disable"}
		},
	}}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			claim, class, want := myClaim(), myClass(), asInTree().Spec
			test.given(claim, class)
			test.want(&want)
			got := Build(pvName, myVolume(), claim, class).Spec
			if !equality.Semantic.DeepEqual(got, want) {
				t.Errorf("it differs from what is wanted:\n%s", diff.ObjectReflectDiff(got, want))
			}
		})
	}
}

// What is built goes to others, who may change it; what it was built from comes
// out of shared caches.
func TestBuildSharesNothingWithClaimAndClass(t *testing.T) {
	claim, class := myClaim(), myClass()
	class.MountOptions = []string{"log-level=WARNING"}
	claimBefore, classBefore := claim.DeepCopy(), class.DeepCopy()
	pv := Build(pvName, myVolume(), claim, class)
	pv.Spec.AccessModes[0] = "changed"
	pv.Spec.MountOptions[0] = "changed"
	if !equality.Semantic.DeepEqual(claim, claimBefore) {
		t.Errorf("changing the PersistentVolume changed the claim: access modes are %v now", claim.Spec.AccessModes)
	}
	if !equality.Semantic.DeepEqual(class, classBefore) {
		t.Errorf("changing the PersistentVolume changed the class: mount options are %v now", class.MountOptions)
	}

	claim.Spec.AccessModes = nil
	pv = Build(pvName, myVolume(), claim, class)
	pv.Spec.AccessModes[0] = "changed"
	if got := Build(pvName, myVolume(), claim, class).Spec.AccessModes[0]; got != v1.ReadWriteOnce {
		t.Errorf("changing one PersistentVolume changed the next: its first access mode is %s, want %s", got, v1.ReadWriteOnce)
	}
}

func TestBuildWritesOnlyTheServersAnnotationsThatApply(t *testing.T) {
	always := []string{
		"Description", "kubernetes.io/createdby", "gluster.org/type",
		"gluster.org/heketi-volume-id", "pv.beta.kubernetes.io/gid",
		"gluster.org/heketi-cluster-id", "gluster.org/heketi-url",
	}
	for what, want := range map[string][]string{
		"key in a Secret":   {"gluster.org/heketi-user", "gluster.org/heketi-secret"},
		"key in the class":  {"gluster.org/heketi-user", "gluster.org/heketi-key-in-class"},
		"no authentication": nil,
	} {
		made := myVolume()
		made.Heketi = servers[what]
		pv := Build(pvName, made, myClaim(), myClass())
		want = slices.Sorted(slices.Values(append(want, always...)))
		if got := slices.Sorted(maps.Keys(pv.Annotations)); !slices.Equal(got, want) {
			t.Errorf("%s: got annotations\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	claim, class, made := myClaim(), myClass(), myVolume()
	b.ReportAllocs()
	for b.Loop() {
		Build("pvc-"+string(uid), made, claim, class)
	}
}
