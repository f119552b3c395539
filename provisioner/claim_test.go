package provisioner

import (
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"glusterfs-provisioner/provisioner/volume"
)

// TestSizeOf covers what the API server would not let an integration test do.
func TestSizeOf(t *testing.T) {
	for request, want := range map[string]int{"1": 1, "1Gi": 1, "1025Mi": 2, "1T": 932} {
		claim := &v1.PersistentVolumeClaim{}
		claim.Spec.Resources.Requests = v1.ResourceList{v1.ResourceStorage: resource.MustParse(request)}
		if got, err := sizeOf(claim); err != nil || got != want {
			t.Errorf("%s is %d GiB, %v; want %d", request, got, err, want)
		}
	}
	for _, request := range []string{"0", "-1Gi"} {
		claim := &v1.PersistentVolumeClaim{}
		claim.Spec.Resources.Requests = v1.ResourceList{v1.ResourceStorage: resource.MustParse(request)}
		if _, err := sizeOf(claim); err == nil || !strings.Contains(err.Error(), "spec.resources.requests.storage") {
			t.Errorf("%s: error is %v", request, err)
		}
	}
	if _, err := sizeOf(&v1.PersistentVolumeClaim{}); err == nil {
		t.Error("a claim without a request was accepted")
	}
}

// TestClaimProblems tells all that is wrong at once, and of access modes only what the source
// is known to lack.
func TestClaimProblems(t *testing.T) {
	block, group := v1.PersistentVolumeBlock, "snapshot.storage.k8s.io"
	claim := &v1.PersistentVolumeClaim{Spec: v1.PersistentVolumeClaimSpec{
		Selector:      &metav1.LabelSelector{},
		DataSource:    &v1.TypedLocalObjectReference{APIGroup: &group, Kind: "VolumeSnapshot", Name: "yesterday"},
		DataSourceRef: &v1.TypedObjectReference{APIGroup: &group, Kind: "VolumeSnapshot", Name: "yesterday"},
		VolumeMode:    &block,
		AccessModes:   []v1.PersistentVolumeAccessMode{v1.ReadWriteOncePod},
	}}
	for source, want := range map[volume.Source][]string{
		"":               {"spec.selector", `spec.dataSource asks for a copy of VolumeSnapshot "yesterday"`, "spec.volumeMode is Block", "spec.resources.requests.storage"},
		volume.CSI:       {"spec.selector", "spec.dataSource", "spec.volumeMode", "spec.resources.requests.storage"},
		volume.Glusterfs: {"spec.selector", "spec.dataSource", "spec.volumeMode", "spec.resources.requests.storage", "spec.accessModes has ReadWriteOncePod"},
	} {
		got := ClaimProblems(claim, source)
		if len(got) != len(want) {
			t.Fatalf("source %q: problems are %q, want %d", source, got, len(want))
		}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("source %q: problem %d is %q, want it to say %q", source, i, got[i], want[i])
			}
		}
	}
}
