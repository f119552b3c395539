package refusing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"glusterfs-provisioner/provisioner/volume"
)

func pvWith(name string, annotations map[string]string) *v1.PersistentVolume {
	return &v1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations}}
}

func TestHeketiOfAPersistentVolume(t *testing.T) {
	inTree := pvWith("in-tree", map[string]string{volume.ProvisionedBy: volume.InTree})
	inTree.Spec.Glusterfs = &v1.GlusterfsPersistentVolumeSource{Path: "vol_1"}
	byHand := pvWith("by hand", nil)
	byHand.Spec.Glusterfs = &v1.GlusterfsPersistentVolumeSource{Path: "vol_1"}
	for _, test := range []struct {
		pv     *v1.PersistentVolume
		heketi string
		is     bool
	}{
		{pvWith("ours", map[string]string{volume.AnnotationURL: "http://heketi:8080"}), "http://heketi:8080", true},
		{pvWith("with a slash", map[string]string{volume.AnnotationURL: "http://heketi:8080/"}), "http://heketi:8080", true},
		{pvWith("without a heketi", map[string]string{volume.AnnotationVolumeID: "1"}), Unrecorded, true},
		{pvWith("with the in-tree plugin's id", map[string]string{volume.AnnotationInTreeVolumeID: "1"}), Unrecorded, true},
		{inTree, Unrecorded, true},
		{byHand, "", false},
		{pvWith("another's", nil), "", false},
	} {
		heketi, is := heketiOf(test.pv)
		if is != test.is || is && heketi != test.heketi {
			t.Errorf("%s: got %q, %v; want %q, %v", test.pv.Name, heketi, is, test.heketi, test.is)
		}
	}
}

// TestAnEmptyHeketiIsRefused has the refusal name what a person has to know.
func TestAnEmptyHeketiIsRefused(t *testing.T) {
	const ours, other = "http://heketi:8080", "http://other:8080"
	client := fake.NewSimpleClientset()
	r := Refusal{Client: client, Namespace: "storage", Name: "heketi-database", OtherHeketis: []string{other}}
	add := func(name, heketi string) {
		t.Helper()
		if err := client.Tracker().Add(pvWith(name, map[string]string{volume.AnnotationURL: heketi})); err != nil {
			t.Fatal(err)
		}
	}
	add("pv-of-another", other)
	if err := r.Empty(t.Context()); err != nil {
		t.Error(err)
	}
	var names []string
	for i := range shown + 2 {
		names = append(names, fmt.Sprintf("pv-%d", i))
		add(names[i], ours)
	}
	err := r.Empty(t.Context())
	if err == nil || !errors.Is(err, ErrEmpty) {
		t.Fatalf("got error %v", err)
	}
	for _, want := range append(slices.Clone(names[:shown]), ours, "of 7 PersistentVolumes", "Secret storage/heketi-database", "--other-heketis="+ours) {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if strings.Contains(err.Error(), other) || strings.Contains(err.Error(), names[shown]) {
		t.Errorf("%q names too much", err)
	}
}
