package node

import (
	"os"
	"path/filepath"
	"testing"
)

// TestInTreeMountGoesWithThePod ends a pod that also has its volume from kubelet's own plugin,
// which has mounted it before the PersistentVolume was converted. Both are unmounted, and what
// another pod has, or the same one of another volume, stays.
func TestInTreeMountGoesWithThePod(t *testing.T) {
	k := newKubelet(t, nil, false)
	k.give(t)
	mountInTree := func(pod, name string) string {
		path := filepath.Join(k.dir, "pods", pod, "volumes", inTreeFolder, name)
		if err := os.MkdirAll(path, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := k.service.Mounts.Bind(t.Context(), k.staging, path, false); err != nil {
			t.Fatal(err)
		}
		return path
	}
	own, other, others := mountInTree("pod", "pvc-1"), mountInTree("pod", "pvc-2"), mountInTree("pod-2", "pvc-1")
	for range 2 {
		if err := k.unpublish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := k.mountsAt(t, own); len(left) > 0 {
			t.Errorf("left on %s is %v", own, left)
		}
		if _, err := os.Stat(own); !os.IsNotExist(err) {
			t.Errorf("the folder %s is left: %v", own, err)
		}
		k.onlyMountAt(t, other)
		k.onlyMountAt(t, others)
	}
}
