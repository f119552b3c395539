package audit

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/sets"

	"glusterfs-provisioner/provisioner/volume"
)

// What most tests are about: volume v1 of claim uid, in cluster c1 of heketi url.
const (
	url  = "http://heketi:8080"
	uid  = "cff15b42-70d4-4125-875c-d2171926e4a2"
	name = "pvc-" + uid

	otherURL  = "http://heketi-2:8080"
	otherUID  = "0b1d7a52-0f41-11e9-8eb2-f2801f1b9fd1" // Kubernetes once made UIDs of the time.
	otherName = "pvc-" + otherUID
)

func theVolume(changes ...func(*Volume)) Volume {
	v := Volume{ID: "v1", Name: name, Cluster: "c1", SizeGiB: 5, GID: 2000}
	for _, change := range changes {
		change(&v)
	}
	return v
}

func otherVolume(changes ...func(*Volume)) Volume {
	v := Volume{ID: "v2", Name: otherName, Cluster: "c1", SizeGiB: 7, GID: 2001}
	for _, change := range changes {
		change(&v)
	}
	return v
}

// thePV is the PersistentVolume that the provisioner makes of theVolume.
func thePV(changes ...func(*v1.PersistentVolume)) *v1.PersistentVolume {
	pv := volume.Build(name, volume.Made{
		Heketi:             volume.Heketi{URL: url, User: "admin", Secret: &volume.SecretRef{Namespace: "storage", Name: "heketi"}},
		ID:                 "v1",
		Cluster:            "c1",
		Name:               name,
		SizeGiB:            5,
		GID:                2000,
		EndpointsNamespace: "default",
		EndpointsName:      "glusterfs-dynamic-" + uid,
	}, &v1.PersistentVolumeClaim{}, &storagev1.StorageClass{})
	pv.UID, pv.ResourceVersion, pv.Status.Phase = "pv-1", "10", v1.VolumeBound
	for _, change := range changes {
		change(pv)
	}
	return pv
}

// annotated changes an annotation of a PersistentVolume; "" removes it.
func annotated(key, value string) func(*v1.PersistentVolume) {
	return func(pv *v1.PersistentVolume) {
		pv.Annotations[key] = value
		if value == "" {
			delete(pv.Annotations, key)
		}
	}
}

// inTreePV is what the in-tree plugin made of theVolume, by the name that heketi
// chose.
func inTreePV(changes ...func(*v1.PersistentVolume)) *v1.PersistentVolume {
	pv := thePV(
		annotated(volume.AnnotationURL, ""), annotated(volume.AnnotationUser, ""),
		annotated(volume.AnnotationSecret, ""), annotated(volume.AnnotationClusterID, ""),
		annotated(volume.AnnotationVolumeID, ""), annotated(volume.AnnotationInTreeVolumeID, "v1"),
		annotated(volume.ProvisionedBy, "kubernetes.io/glusterfs"),
	)
	pv.Name = "pvc-99999999-9999-4999-8999-999999999999"
	for _, change := range changes {
		change(pv)
	}
	return pv
}

func has(volumes ...Volume) Inventory {
	return Inventory{Heketi: url, Volumes: volumes, Clusters: []string{"c1"}}
}

func persistentVolumes(all ...*v1.PersistentVolume) Known { return Known{PersistentVolumes: all} }

func claims(uids ...types.UID) Known { return Known{Claims: sets.New(uids...)} }

// expectFindings checks a report's findings.
func expectFindings(t *testing.T, report Report, want ...Finding) {
	t.Helper()
	for i := range max(len(report.Findings), len(want)) {
		switch {
		case i >= len(want):
			t.Errorf("got also %+v", report.Findings[i])
		case i >= len(report.Findings):
			t.Errorf("missing %+v", want[i])
		case report.Findings[i] != want[i]:
			t.Errorf("got  %+v\nwant %+v", report.Findings[i], want[i])
		}
	}
}
