package node

import (
	"context"
	"errors"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"glusterfs-provisioner/node/mount"
)

// NodeGetVolumeStats returns how full a volume is, and how its mount does. It waits
// for nothing that works on the volume.
func (s *Service) NodeGetVolumeStats(ctx context.Context, request *csi.NodeGetVolumeStatsRequest) (*csi.NodeGetVolumeStatsResponse, error) {
	if err := s.checkMounted(ctx, request.VolumeId, request.VolumePath); err != nil {
		return nil, err
	}
	condition, err := s.probe(ctx, request.VolumePath)
	if err != nil {
		return nil, failure(err)
	}
	if condition.Health != mount.Alive {
		return abnormal(condition, request.VolumePath), nil
	}
	answering, cancel := context.WithTimeout(ctx, s.Bounds.Answer)
	defer cancel()
	usage, condition, err := s.Mounts.Usage(answering, request.VolumePath, s.Mounts.Clients(ctx))
	if err != nil {
		return nil, failure(err)
	}
	if condition.Health != mount.Alive {
		return abnormal(condition, request.VolumePath), nil
	}
	return &csi.NodeGetVolumeStatsResponse{
		Usage: []*csi.VolumeUsage{
			{Unit: csi.VolumeUsage_BYTES, Total: usage.Bytes, Used: usage.BytesUsed, Available: usage.BytesAvailable},
			{Unit: csi.VolumeUsage_INODES, Total: usage.Inodes, Used: usage.InodesUsed, Available: usage.InodesFree},
		},
		VolumeCondition: &csi.VolumeCondition{Message: condition.Explain(request.VolumePath)},
	}, nil
}

func abnormal(condition mount.Condition, path string) *csi.NodeGetVolumeStatsResponse {
	return &csi.NodeGetVolumeStatsResponse{VolumeCondition: &csi.VolumeCondition{Abnormal: true, Message: condition.Explain(path)}}
}

// checkMounted returns an error unless a volume is mounted where a call says.
func (s *Service) checkMounted(ctx context.Context, id, path string) error {
	if id == "" || path == "" {
		return status.Error(codes.InvalidArgument, "volume_id or volume_path is missing")
	}
	mounts, err := s.Mounts.At(ctx, path)
	if err != nil && !errors.Is(err, mount.ErrOutside) {
		return failure(err)
	}
	if len(mounts) == 0 {
		return status.Errorf(codes.NotFound, "no volume is mounted on %s", path)
	}
	return nil
}
