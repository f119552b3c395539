package conversion

import (
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
)

func bothBound(t *testing.T) (*v1.PersistentVolume, *v1.PersistentVolumeClaim) {
	t.Helper()
	pv, err := mustRead(t, ofGlusterfs).typed()
	if err != nil {
		t.Fatal(err)
	}
	claim := &v1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "pictures", UID: "claim"}}
	claim.Spec.VolumeName, claim.Status.Phase = pv.Name, v1.ClaimBound
	return pv, claim
}

// TestRefusals has one thing be in the way at a time. Each is named, with what to do.
func TestRefusals(t *testing.T) {
	now := metav1.Now()
	c := &Conversions{Dependencies: Dependencies{Provisioner: "gluster.org/glusterfs", Finalizer: "ours"}}
	for name, test := range map[string]struct {
		change func(pv *v1.PersistentVolume, claim *v1.PersistentVolumeClaim)
		to     volume.Source
		want   string
	}{
		"nothing": {func(*v1.PersistentVolume, *v1.PersistentVolumeClaim) {}, volume.CSI, ""},
		"our finalizer": {func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) {
			pv.Finalizers = append(pv.Finalizers, "ours")
		}, volume.CSI, ""},
		"their finalizer": {func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) {
			pv.Finalizers = append(pv.Finalizers, "example.com/backup")
		}, volume.CSI, "finalizers example.com/backup are somebody else's"},
		"their volume": {func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) {
			pv.Annotations[volume.ProvisionedBy] = "example.com/nfs"
		}, volume.CSI, `pv.kubernetes.io/provisioned-by is "example.com/nfs"`},
		"their source":     {func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) { pv.Spec.Glusterfs = nil }, volume.CSI, "neither glusterfs nor csi"},
		"going":            {func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) { pv.DeletionTimestamp = &now }, volume.CSI, "it is being deleted"},
		"released":         {func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) { pv.Status.Phase = v1.VolumeReleased }, volume.CSI, "it is Released; it has to be Bound"},
		"no claim":         {func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) { pv.Spec.ClaimRef = nil }, volume.CSI, "bound to no claim"},
		"claim is lost":    {func(_ *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) { claim.Status.Phase = v1.ClaimLost }, volume.CSI, "claim default/pictures is Lost"},
		"claim is going":   {func(_ *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) { claim.DeletionTimestamp = &now }, volume.CSI, "claim default/pictures is being deleted"},
		"claim of another": {func(_ *v1.PersistentVolume, claim *v1.PersistentVolumeClaim) { claim.Spec.VolumeName = "other" }, volume.CSI, `is bound to PersistentVolume "other"`},
		"folder":           {func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) { pv.Spec.Glusterfs.Path = "vol_1/folder" }, volume.CSI, `it mounts "vol_1/folder", a folder`},
		"mount options": {func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) {
			pv.Spec.MountOptions = []string{"volume-id=x"}
		}, volume.CSI, "volume-id"},
		"access mode": {func(pv *v1.PersistentVolume, _ *v1.PersistentVolumeClaim) {
			pv.Spec.AccessModes = []v1.PersistentVolumeAccessMode{v1.ReadWriteOncePod}
		}, volume.Glusterfs, "ReadWriteOncePod"},
	} {
		t.Run(name, func(t *testing.T) {
			pv, claim := bothBound(t)
			test.change(pv, claim)
			err := c.check(pv, claim, test.to)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
	pv, claim := bothBound(t)
	pv.Annotations[volume.ProvisionedBy] = volume.InTree
	for phase, accepted := range map[v1.PersistentVolumePhase]bool{v1.VolumeFailed: true, v1.VolumeReleased: true, v1.VolumeBound: false} {
		pv.Status.Phase = phase
		if err := c.check(pv, nil, volume.Glusterfs); (err == nil) != accepted {
			t.Errorf("a predecessor's that is %s, and whose claim is gone: got %v", phase, err)
		}
	}
	claim.Spec.Resources.Requests = v1.ResourceList{v1.ResourceStorage: volume.GiB(9)}
	pv.Status.Phase = v1.VolumeBound
	if err := c.check(pv, claim, volume.CSI); err == nil || !strings.Contains(err.Error(), "requests 9Gi, and it has 5Gi") {
		t.Errorf("a predecessor's that is to grow: got %v", err)
	}
	pv, _ = bothBound(t)
	if err := c.check(pv, nil, volume.CSI); err == nil || !strings.Contains(err.Error(), "claim default/pictures (claim) does not exist any more") {
		t.Errorf("without its claim: got %v", err)
	}
}

func TestTarget(t *testing.T) {
	pv, _ := bothBound(t)
	if to, err := target(pv); to != volume.CSI || err != nil {
		t.Errorf("got %q, %v", to, err)
	}
	pv.Annotations[volume.AnnotationConvertTo] = "nfs"
	if _, err := target(pv); err == nil || !strings.Contains(err.Error(), `annotation gluster.org/convert-to is "nfs"; it must be csi or glusterfs`) {
		t.Errorf("got %v", err)
	}
}
