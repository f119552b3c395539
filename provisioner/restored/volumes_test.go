package restored

import (
	"errors"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"glusterfs-provisioner/provisioner/volume"
)

// here is the UID of the cluster that the tests are in.
const here types.UID = "cluster-1"

const provisioner = "gluster.org/glusterfs"

// released is a PersistentVolume whose claim is gone, as made by a cluster; by a version that
// did not record that if it is empty.
func released(cluster string) *v1.PersistentVolume {
	pv := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "pvc-1", UID: "u1", Annotations: map[string]string{volume.ProvisionedBy: provisioner}}}
	if cluster != "" {
		pv.Annotations[volume.AnnotationKubernetes] = cluster
	}
	pv.Status.Phase = v1.VolumeReleased
	return pv
}

func bound(pv *v1.PersistentVolume) *v1.PersistentVolume {
	pv = pv.DeepCopy()
	pv.Status.Phase = v1.VolumeBound
	return pv
}

func TestWhichVolumesAreKept(t *testing.T) {
	for what, test := range map[string]struct {
		made string
		saw  func(*Volumes, *v1.PersistentVolume)
		want string // part of the error; empty if the volume may be deleted
	}{
		"made here, before the process began": {string(here), (*Volumes).Seen, ""},
		"made here, by the process":           {string(here), func(v *Volumes, pv *v1.PersistentVolume) { v.Made(pv, true) }, ""},
		"of an older version":                 {"", (*Volumes).Seen, ""},
		"Bound since": {string(here), func(v *Volumes, pv *v1.PersistentVolume) {
			v.Made(pv, false)
			v.Seen(bound(pv))
			v.Seen(pv)
		}, ""},
		"made by somebody, Bound at once": {"", func(v *Volumes, pv *v1.PersistentVolume) {
			v.Made(bound(pv), false)
			v.Seen(pv)
		}, ""},
		"made again by somebody":          {string(here), func(v *Volumes, pv *v1.PersistentVolume) { v.Made(pv, false) }, "made from a copy"},
		"made again, of an older version": {"", func(v *Volumes, pv *v1.PersistentVolume) { v.Made(pv, false) }, "made from a copy"},
		"marked by the process before":    {mark, (*Volumes).Seen, "made from a copy"},
		"of another cluster":              {"cluster-2", (*Volumes).Seen, "gluster.org/kubernetes is cluster-2, and this cluster is cluster-1"},
		"of another cluster, although it was Bound": {"cluster-2", func(v *Volumes, pv *v1.PersistentVolume) {
			v.Made(pv, false)
			v.Seen(bound(pv))
			v.Seen(pv)
		}, "another Kubernetes cluster"},
	} {
		t.Run(what, func(t *testing.T) {
			pv := released(test.made)
			v := New(here, provisioner, fake.NewSimpleClientset(pv))
			test.saw(v, pv)
			err := v.Check(t.Context(), pv)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("it is kept: %v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) ||
				!strings.Contains(err.Error(), "kubectl annotate pv pvc-1 --overwrite gluster.org/kubernetes=cluster-1")):
				t.Errorf("got %v, want %q and how to have it deleted", err, test.want)
			}
		})
	}
}

// TestTheMarkOutlivesTheProcess writes that a PersistentVolume is a copy, and has the next
// process keep its volume, until a person says otherwise.
func TestTheMarkOutlivesTheProcess(t *testing.T) {
	pv := released(string(here))
	client := fake.NewSimpleClientset(pv)
	v := New(here, provisioner, client)
	v.Made(pv, false)
	away := true
	client.PrependReactor("patch", "persistentvolumes", func(clienttesting.Action) (bool, runtime.Object, error) {
		return away, nil, errors.New("the API server is away")
	})
	if err := v.Check(t.Context(), pv); err == nil || !strings.Contains(err.Error(), "the API server is away") {
		t.Errorf("got %v, want what keeps it from being written", err)
	}
	away = false
	for range 2 { // The cache may not have seen the mark yet.
		if err := v.Check(t.Context(), pv); err == nil {
			t.Fatal("it may be deleted")
		}
	}
	now, err := client.CoreV1().PersistentVolumes().Get(t.Context(), pv.Name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	next := New(here, provisioner, client)
	for _, process := range []*Volumes{v, next} {
		process.Seen(now)
		if err := process.Check(t.Context(), now); err == nil {
			t.Error("it may be deleted once it is marked")
		}
	}
	now.Annotations[volume.AnnotationKubernetes] = string(here)
	for _, process := range []*Volumes{v, next} {
		process.Seen(now)
		if err := process.Check(t.Context(), now); err != nil {
			t.Errorf("a person has said that it may be deleted, and it is kept: %v", err)
		}
	}
	if err := client.CoreV1().PersistentVolumes().Delete(t.Context(), pv.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	v.Made(released(""), false)
	if err := v.Check(t.Context(), pv); err == nil || strings.Contains(err.Error(), "not found") {
		t.Errorf("of one that is gone it says %v", err)
	}
	v.Gone(pv)
	if len(v.copies) != 0 {
		t.Errorf("%d are remembered that are gone", len(v.copies))
	}
}

// TestVolumesOfOthersAreNotNoted has a PersistentVolume of another provisioner.
func TestVolumesOfOthersAreNotNoted(t *testing.T) {
	pv := released("")
	pv.Annotations[volume.ProvisionedBy] = "example.com/other"
	v := New(here, provisioner, fake.NewSimpleClientset())
	v.Made(pv, false)
	if len(v.copies) != 0 {
		t.Error("it is remembered")
	}
}
