package node

import (
	"context"
	"path/filepath"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"glusterfs-provisioner/node/mount"
)

const (
	// podsFolder is where, below its own folder, kubelet keeps what pods have.
	podsFolder = "pods"
	// csiFolder is where, among a pod's volumes, kubelet has CSI drivers publish them.
	csiFolder = "kubernetes.io~csi"
	// subPathsFolder is where kubelet mounts, in a pod's folder, what the containers have
	// of a volume that use only a part of it, by its subPath or subPathExpr.
	subPathsFolder = "volume-subpaths"
)

// checkAlone refuses to publish a volume that only one pod may use, and that is published
// elsewhere.
func (s *Service) checkAlone(ctx context.Context, staging staging, target string) error {
	staged, err := s.Mounts.At(ctx, staging.path)
	if err != nil {
		return failure(err)
	}
	all, err := s.Mounts.All(ctx, "")
	if err != nil {
		return failure(err)
	}
	isStaged := func(one mount.Mount) bool {
		return len(staged) > 0 && one.Connection == staged[len(staged)-1].Connection
	}
	for _, one := range all {
		switch {
		case !isStaged(one), one.Path == staging.path, one.Path == target:
		case strings.Contains(one.Path, "/"+subPathsFolder+"/"):
		default:
			return status.Errorf(codes.FailedPrecondition,
				"volume %s is for one pod alone (ReadWriteOncePod), and another one has it on %s; delete that pod first", staging.volume.Name, one.Path)
		}
	}
	return nil
}

// forgetSubPaths unmounts what the containers of a pod have of a volume whose client is
// gone. kubelet starts no container with it, and mounts it again if it is not there.
func (s *Service) forgetSubPaths(ctx context.Context, dead mount.Mount, target string) error {
	// In the form of pods/<uid>/volumes/kubernetes.io~csi/<name>/mount.
	name := filepath.Dir(target)
	pod := filepath.Dir(filepath.Dir(filepath.Dir(name)))
	all, err := s.Mounts.All(ctx, podsFolder)
	if err != nil {
		return err
	}
	within := filepath.Join(pod, subPathsFolder, filepath.Base(name)) + "/"
	for _, one := range all {
		if one.Connection != dead.Connection || !strings.HasPrefix(one.Path, within) {
			continue
		}
		if err := s.Mounts.Unmount(ctx, one.Path, s.Bounds.Unmount); err != nil {
			return err
		}
	}
	return nil
}
