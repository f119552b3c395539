package reach

import (
	"reflect"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
)

func volumeOf(provisioner, class, user string) *v1.PersistentVolume {
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{
			volume.ProvisionedBy: provisioner, volume.AnnotationVolumeID: "id", volume.AnnotationURL: url, volume.AnnotationUser: user,
		}},
		Spec: v1.PersistentVolumeSpec{StorageClassName: class},
	}
}

func TestWays(t *testing.T) {
	gold := classWith("gold", map[string]string{"resturl": url, "restuser": "admin"})
	sameWay := classWith("silver", gold.Parameters)
	others := classWith("others", map[string]string{"resturl": "http://others:8080"})
	others.Provisioner = "others"
	wrong := classWith("wrong", map[string]string{"resturl": "no"})
	volumes := []*v1.PersistentVolume{
		volumeOf("ours", "gone", "user"), volumeOf("ours", "gone", "user"), volumeOf("ours", "gold", "admin"),
		volumeOf("others", "gold", "another"), {},
	}
	got := Ways("ours", []*storagev1.StorageClass{wrong, others, sameWay, gold}, volumes)
	want := map[string][]Way{url: {
		{volume.Heketi{URL: url, User: "admin"}, "gold"},
		{volume.Heketi{URL: url, User: "user"}, "gone"},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
