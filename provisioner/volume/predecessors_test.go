package volume

import (
	"reflect"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func ofPredecessor(by, path string, annotations map[string]string) *v1.PersistentVolume {
	pv := &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{ProvisionedBy: by}}}
	for name, value := range annotations {
		pv.Annotations[name] = value
	}
	pv.Spec.Glusterfs = &v1.GlusterfsPersistentVolumeSource{Path: path}
	return pv
}

func TestIsOfPredecessor(t *testing.T) {
	for by, want := range map[string]bool{InTree: true, Former: true, "gluster.org/glusterfs": false, "": false} {
		if got := IsOfPredecessor(ofPredecessor(by, "vol_1", nil)); got != want {
			t.Errorf("made by %q: got %t, want %t", by, got, want)
		}
	}
	nfs := ofPredecessor(InTree, "", nil)
	nfs.Spec.Glusterfs = nil
	if IsOfPredecessor(nfs) {
		t.Error("one with another source is taken for a predecessor's")
	}
}

func TestFormerHeketi(t *testing.T) {
	secret := &SecretRef{Namespace: "storage", Name: "heketi"}
	for text, want := range map[string]Heketi{
		"url:http://heketi:8080,user:admin,secret:heketi,secretnamespace:storage": {URL: "http://heketi:8080", User: "admin", Secret: secret},
		"url:http://heketi:8080/,user:,secret:,secretnamespace:":                  {URL: "http://heketi:8080"},
		"url:https://[fd00::2]:8080,user:admin,secret:heketi,secretnamespace:":    {URL: "https://[fd00::2]:8080", User: "admin"},
		"":         {},
		"user:me,": {User: "me"},
	} {
		got, found := FormerHeketi(ofPredecessor(Former, "vol_1", map[string]string{annotationFormerServer: text}))
		if !reflect.DeepEqual(got, want) || found != (want.URL != "") {
			t.Errorf("%q: got %+v, %t, want %+v", text, got, found, want)
		}
	}
}

// TestTakenOver finds a volume's id in each place that a predecessor has for it, and leaves
// the PersistentVolume itself as it is.
func TestTakenOver(t *testing.T) {
	for name, pv := range map[string]*v1.PersistentVolume{
		"its own":       ofPredecessor(Former, "custom", map[string]string{AnnotationVolumeID: "id"}),
		"the in-tree's": ofPredecessor(InTree, "custom", map[string]string{AnnotationInTreeVolumeID: "id"}),
		"the name":      ofPredecessor(InTree, "vol_id", nil),
	} {
		before := pv.DeepCopy()
		made, err := Recorded(TakenOver(pv, "gluster.org/glusterfs", myVolume().Heketi))
		if err != nil || made.ID != "id" || !reflect.DeepEqual(made.Heketi, myVolume().Heketi) {
			t.Errorf("%s: got %+v, %v", name, made, err)
		}
		if !reflect.DeepEqual(pv, before) {
			t.Errorf("%s: the PersistentVolume was changed", name)
		}
	}
	if _, err := Recorded(TakenOver(ofPredecessor(InTree, "custom", nil), "gluster.org/glusterfs", myVolume().Heketi)); err == nil {
		t.Error("a volume without an id can be deleted")
	}
}

func TestInTreeID(t *testing.T) {
	for name, want := range map[string]string{"vol_0123": hiddenID, "pvc-1": ""} {
		if got := InTreeID(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestMountOptionsOf(t *testing.T) {
	pv := ofPredecessor(Former, "vol_1", nil)
	pv.Spec.MountOptions = []string{"ro"}
	if got := MountOptionsOf(pv); !reflect.DeepEqual(got, []string{"ro"}) {
		t.Errorf("without the annotation: got %v", got)
	}
	for text, want := range map[string][]string{"auto_unmount,log-level=INFO": {"auto_unmount", "log-level=INFO"}, "": nil} {
		pv.Annotations[v1.MountOptionAnnotation] = text
		if got := MountOptionsOf(pv); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
