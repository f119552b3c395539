package node

import (
	"context"
	"errors"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/node/mount"
)

// NodePublishVolume gives a pod the volume that is staged. If that is dead by now, it
// is mounted again, and so is what the pod has of it. kubelet calls this for pods that
// run, too, about once a minute: see requiresRepublish of the CSIDriver.
func (s *Service) NodePublishVolume(ctx context.Context, request *csi.NodePublishVolumeRequest) (*csi.NodePublishVolumeResponse, error) {
	if err := s.check(request.VolumeId, "target_path", request.TargetPath); err != nil {
		return nil, err
	}
	staging, err := s.stagingOf(request.VolumeId, request.StagingTargetPath, request.VolumeCapability, request.VolumeContext)
	if err != nil {
		return nil, err
	}
	release, err := s.lock(ctx, request.VolumeId)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := s.stage(ctx, staging); err != nil {
		return nil, err
	}
	if request.VolumeCapability.GetAccessMode().GetMode() == csi.VolumeCapability_AccessMode_SINGLE_NODE_SINGLE_WRITER {
		if err := s.checkAlone(ctx, staging, request.TargetPath); err != nil {
			return nil, err
		}
	}
	if err := s.publish(ctx, staging, request.TargetPath, request.Readonly); err != nil {
		return nil, err
	}
	return &csi.NodePublishVolumeResponse{}, nil
}

// NodeUnpublishVolume takes the volume from a pod.
func (s *Service) NodeUnpublishVolume(ctx context.Context, request *csi.NodeUnpublishVolumeRequest) (*csi.NodeUnpublishVolumeResponse, error) {
	if err := s.check(request.VolumeId, "target_path", request.TargetPath); err != nil {
		return nil, err
	}
	release, err := s.lock(ctx, request.VolumeId)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := s.Mounts.Unmount(ctx, request.TargetPath, s.Bounds.Unmount); err != nil {
		return nil, failure(err)
	}
	if err := s.Mounts.Remove(ctx, request.TargetPath); err != nil {
		return nil, failure(err)
	}
	if err := s.unmountInTree(ctx, request.TargetPath); err != nil {
		return nil, failure(err)
	}
	return &csi.NodeUnpublishVolumeResponse{}, nil
}

// publish binds what is staged to a pod's folder, unless it is there and alive. What is
// staged read-only is so in the pod, whatever the pod asks for.
func (s *Service) publish(ctx context.Context, staging staging, target string, readOnly bool) error {
	staged, err := s.Mounts.At(ctx, staging.path)
	if err != nil {
		return failure(err)
	}
	readOnly = readOnly || len(staged) > 0 && staged[len(staged)-1].ReadOnly
	if err := s.Mounts.Make(ctx, target); err != nil {
		return failure(err)
	}
	mounts, err := s.Mounts.At(ctx, target)
	if err != nil {
		return failure(err)
	}
	if len(mounts) > 0 {
		there, err := s.isPublished(ctx, mounts[len(mounts)-1], staging, target, readOnly)
		if there || err != nil {
			return err
		}
	}
	if err := s.Mounts.Bind(ctx, staging.path, target, readOnly); err != nil {
		return failure(errors.Join(err, s.Mounts.Remove(ctx, target)))
	}
	return nil
}

// isPublished tells whether what is mounted is what has to be. What is dead is
// replaced, and what a pod could write to and should not is made read-only.
func (s *Service) isPublished(ctx context.Context, there mount.Mount, staging staging, target string, readOnly bool) (bool, error) {
	if there.Volume() != staging.volume.Name {
		return false, status.Errorf(codes.AlreadyExists, "volume %s is mounted on %s", there.Volume(), target)
	}
	condition, err := s.probe(ctx, target)
	switch {
	case err != nil:
		return false, failure(err)
	case condition.Health == mount.Dead:
		klog.FromContext(ctx).Info("The client of what a pod has is gone; giving it the volume again", "volume", staging.volume.Name, "path", target)
		if err := s.forgetSubPaths(ctx, there, target); err != nil {
			return false, failure(err)
		}
		if err := s.Mounts.Replace(ctx, staging.path, target, readOnly); err != nil {
			return false, failure(err)
		}
	case condition.Health != mount.Alive:
		return false, status.Error(codes.Unavailable, condition.Explain(target))
	case readOnly && !there.ReadOnly:
		// Somebody was killed after the bind.
		if err := s.Mounts.Protect(ctx, target); err != nil {
			return false, failure(err)
		}
	case there.ReadOnly != readOnly:
		return false, status.Errorf(codes.AlreadyExists, "the volume is mounted on %s with readonly %t, want %t", target, there.ReadOnly, readOnly)
	}
	return true, nil
}
