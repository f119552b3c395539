package inventory

import (
	"reflect"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"glusterfs-provisioner/provisioner/volume"
)

const ours = "gluster.org/glusterfs"

func class(name string, parameters map[string]string) *storagev1.StorageClass {
	class := &storagev1.StorageClass{Provisioner: ours, Parameters: parameters}
	class.Name = name
	return class
}

// made is a PersistentVolume of the provisioner for a claim.
func made(name, heketi string, gid uint32, claim *v1.ObjectReference) *v1.PersistentVolume {
	pv := volume.Build(name, volume.Made{
		Source: volume.CSI, ID: "id-" + name, Cluster: "c1", SizeGiB: 2, GID: gid, Heketi: volume.Heketi{URL: heketi},
	}, &v1.PersistentVolumeClaim{}, class("gold", nil))
	pv.Annotations[volume.ProvisionedBy] = ours
	pv.Spec.StorageClassName, pv.Spec.ClaimRef, pv.Status.Phase = "gold", claim, v1.VolumeBound
	return pv
}

func ofClaim(namespace, name string) *v1.ObjectReference {
	return &v1.ObjectReference{Namespace: namespace, Name: name}
}

// TestVolumes lists what mounts GlusterFS volumes, whoever made it, and nothing else.
func TestVolumes(t *testing.T) {
	other := &v1.PersistentVolume{}
	other.Name, other.Spec.HostPath = "local", &v1.HostPathVolumeSource{}
	byHand := &v1.PersistentVolume{}
	byHand.Name, byHand.Spec.Glusterfs = "by-hand", &v1.GlusterfsPersistentVolumeSource{Path: "vol"}
	byHand.Spec.Capacity, byHand.Status.Phase = v1.ResourceList{v1.ResourceStorage: resource.MustParse("1Gi")}, v1.VolumeAvailable
	all := []*v1.PersistentVolume{other, made("b", "http://h1", 2001, ofClaim("demo", "pictures")), byHand, made("a", "http://h1", 2000, ofClaim("app", "letters"))}

	want := []Volume{
		{PersistentVolume: "by-hand", Phase: v1.VolumeAvailable, Size: "1Gi", Source: volume.Glusterfs},
		{Namespace: "app", Claim: "letters", PersistentVolume: "a", Phase: v1.VolumeBound, Class: "gold", Size: "2Gi", GID: 2000, Source: volume.CSI, Heketi: "http://h1", Cluster: "c1", ID: "id-a", Provisioner: ours},
		{Namespace: "demo", Claim: "pictures", PersistentVolume: "b", Phase: v1.VolumeBound, Class: "gold", Size: "2Gi", GID: 2001, Source: volume.CSI, Heketi: "http://h1", Cluster: "c1", ID: "id-b", Provisioner: ours},
	}
	if got := Volumes(all, ""); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got := Volumes(all, "demo"); !reflect.DeepEqual(got, want[2:]) {
		t.Errorf("in namespace demo there is %+v, want %+v", got, want[2:])
	}
}

func TestClasses(t *testing.T) {
	foreign := class("nfs", nil)
	foreign.Provisioner = "nfs"
	refused := class("options", map[string]string{"resturl": "http://h1"})
	refused.MountOptions = []string{"subdir-mount=../.."}
	got := Classes(ours, []*storagev1.StorageClass{
		foreign,
		class("narrow", map[string]string{"resturl": "http://h1", "gidMin": "3000", "gidMax": "3010", "restuser": "admin", "secretName": "s", "secretNamespace": "n"}),
		class("key", map[string]string{"resturl": "http://h1", "restuser": "admin", "restuserkey": "hush"}),
		class("bad", map[string]string{"resturl": "h1"}),
		refused,
	}, []*v1.PersistentVolume{made("a", "http://h1", 3000, nil), made("copy", "http://h1", 3000, nil), made("b", "http://h1", 3005, nil), made("c", "http://h1", 2000, nil)})

	if len(got) != 4 || got[0].Name != "bad" || got[1].Name != "key" || got[2].Name != "narrow" || got[3].Name != "options" {
		t.Fatalf("the classes are %+v", got)
	}
	if bad := got[0]; bad.Valid || !strings.Contains(bad.Problem, "resturl") {
		t.Errorf("a class without a valid resturl is %+v", bad)
	}
	if key := got[1]; !key.Valid || len(key.Warnings) != 1 || strings.Contains(strings.Join(key.Warnings, ""), "hush") || key.GIDsTaken != 3 {
		t.Errorf("a class with a key is %+v", key)
	}
	want := Class{Name: "narrow", Valid: true, Heketi: "http://h1", Secret: "n/s", GIDMin: 3000, GIDMax: 3010, GIDsTaken: 2, Type: "replicate:3", Source: "auto"}
	if !reflect.DeepEqual(got[2], want) {
		t.Errorf("got  %+v\nwant %+v", got[2], want)
	}
	if options := got[3]; options.Valid || !strings.Contains(options.Problem, "subdir-mount") {
		t.Errorf("a class with a mount option that leads out of the volume is %+v", options)
	}
}

func TestHeketis(t *testing.T) {
	released := made("c", "http://h2", 0, nil)
	released.Status.Phase = v1.VolumeReleased
	got := Heketis(ours, []*storagev1.StorageClass{class("gold", map[string]string{"resturl": "http://h1"}), class("new", map[string]string{"resturl": "http://h3"}), class("bad", nil)},
		[]*v1.PersistentVolume{made("a", "http://h1", 0, nil), made("b", "http://h2", 0, nil), released})
	want := []Heketi{
		{URL: "http://h1", Classes: []string{"gold"}, Volumes: 1, Bound: 1, Clusters: []string{"c1"}},
		{URL: "http://h2", Classes: []string{}, Volumes: 2, Bound: 1, Clusters: []string{"c1"}},
		{URL: "http://h3", Classes: []string{"new"}, Clusters: []string{}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
