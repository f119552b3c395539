package node

import (
	"context"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// NodeExpandVolume has nothing to do: heketi grows a volume on its servers, and a client
// that has mounted it sees that by itself. It is there because kubelets up to 1.26, and
// some later ones, take a driver without it for an error whenever a volume grows
// (kubernetes/kubernetes#131381).
func (s *Service) NodeExpandVolume(ctx context.Context, request *csi.NodeExpandVolumeRequest) (*csi.NodeExpandVolumeResponse, error) {
	if err := s.checkMounted(ctx, request.VolumeId, request.VolumePath); err != nil {
		return nil, err
	}
	if request.GetVolumeCapability().GetBlock() != nil {
		return nil, status.Error(codes.InvalidArgument, "volume_capability: GlusterFS volumes are no block devices")
	}
	return &csi.NodeExpandVolumeResponse{CapacityBytes: request.GetCapacityRange().GetRequiredBytes()}, nil
}
