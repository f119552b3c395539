package node

import (
	"context"
	"path/filepath"

	"k8s.io/klog/v2"
)

// inTreeFolder is where kubelet's own plugin mounts, beside csiFolder, see GetPath in
// https://github.com/kubernetes/kubernetes/blob/v1.25.0/pkg/volume/glusterfs/glusterfs.go
const inTreeFolder = "kubernetes.io~glusterfs"

// unmountInTree unmounts what kubelet's own plugin, which it had up to 1.25, has mounted of the
// same PersistentVolume for the same pod. If the PersistentVolume was converted while the pod
// ran and kubelet was restarted since, then kubelet has the volume published beside it, and
// has forgotten the first mount: it would wait for ever for the pod to be without mounts.
func (s *Service) unmountInTree(ctx context.Context, target string) error {
	name := filepath.Dir(target)
	plugin := filepath.Dir(name)
	if filepath.Base(plugin) != csiFolder {
		return nil
	}
	path := filepath.Join(filepath.Dir(plugin), inTreeFolder, filepath.Base(name))
	mounts, err := s.Mounts.At(ctx, path)
	if err != nil || len(mounts) == 0 {
		return err
	}
	klog.FromContext(ctx).Info("Unmounting what kubelet's own plugin mounted for the pod before the volume was converted", "path", path)
	if err := s.Mounts.Unmount(ctx, path, s.Bounds.Unmount); err != nil {
		return err
	}
	return s.Mounts.Remove(ctx, path)
}
