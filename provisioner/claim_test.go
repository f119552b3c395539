package provisioner

import (
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
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
