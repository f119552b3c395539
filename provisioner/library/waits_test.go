package library

import (
	"testing"

	v1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// TestWaitsForPod never has a claim wait for a pod that is due, whatever it is annotated with.
func TestWaitsForPod(t *testing.T) {
	const ours = "gluster.org/glusterfs"
	immediate, first := storagev1.VolumeBindingImmediate, storagev1.VolumeBindingWaitForFirstConsumer
	for name, test := range map[string]struct {
		mode  *storagev1.VolumeBindingMode
		node  string
		waits bool
	}{
		"no mode":       {nil, "", false},
		"immediate":     {&immediate, "", false},
		"no node yet":   {&first, "", true},
		"node selected": {&first, "n1", false},
	} {
		claim := &v1.PersistentVolumeClaim{}
		claim.Annotations = map[string]string{annotationProvisioner: ours, annotationSelectedNode: test.node}
		class := &storagev1.StorageClass{VolumeBindingMode: test.mode}
		if got := WaitsForPod(claim, class); got != test.waits || IsDue(claim, ours, class) == got {
			t.Errorf("%s: it waits: %v, want %v; it is due: %v", name, got, test.waits, IsDue(claim, ours, class))
		}
	}
}
