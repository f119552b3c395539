package node

import (
	"context"
	"errors"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"glusterfs-provisioner/node/client"
	"glusterfs-provisioner/node/mount"
	"glusterfs-provisioner/node/mountoptions"
	"glusterfs-provisioner/node/volume"
)

// staging is a volume and the folder that it is staged in.
type staging struct {
	volume  volume.Volume
	options mountoptions.Options
	path    string
}

// stagingOf checks what kubelet says of a volume to stage or to publish.
func (s *Service) stagingOf(id, path string, capability *csi.VolumeCapability, attributes map[string]string) (staging, error) {
	if err := s.check(id, "staging_target_path", path); err != nil {
		return staging{}, err
	}
	// The mode of access does not tell what a pod may write, which is in the field
	// readonly: kubelet passes on the first one of the PersistentVolume's, of which the
	// pod may use another.
	if capability == nil {
		return staging{}, status.Error(codes.InvalidArgument, "volume_capability is missing")
	}
	if capability.GetMount() == nil {
		return staging{}, status.Error(codes.InvalidArgument, "volume_capability: want access as a file system; GlusterFS volumes are no block devices")
	}
	v, err := volume.Parse(id, attributes)
	if err != nil {
		return staging{}, status.Errorf(codes.InvalidArgument, "the PersistentVolume's spec.csi is wrong: %v", err)
	}
	options, err := mountoptions.Parse(capability.GetMount().GetMountFlags(), s.LogDir)
	if err != nil {
		return staging{}, status.Errorf(codes.InvalidArgument, "the PersistentVolume's spec is wrong: %v", err)
	}
	return staging{volume: v, options: options, path: path}, nil
}

// check checks what every call for a volume says: its id and a path, in the field of
// that name.
func (s *Service) check(id, field, path string) error {
	if id == "" {
		return status.Error(codes.InvalidArgument, "volume_id is missing")
	}
	if path == "" {
		return status.Errorf(codes.InvalidArgument, "%s is missing", field)
	}
	if err := s.Mounts.Check(path); err != nil {
		return status.Errorf(codes.InvalidArgument, "%s: %v", field, err)
	}
	return nil
}

// failure returns an error with the code that tells kubelet what kind it is of.
func failure(err error) error {
	code := codes.Internal
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		code = codes.DeadlineExceeded
	case errors.Is(err, mount.ErrOutside):
		code = codes.InvalidArgument
	case errors.Is(err, mount.ErrForeign), errors.Is(err, client.ErrNotInstalled):
		code = codes.FailedPrecondition
	}
	return status.Error(code, err.Error())
}

// lock has this be the only call that works on the volume.
func (s *Service) lock(ctx context.Context, id string) (release func(), err error) {
	release, err = s.volumes.acquire(ctx, id)
	if err != nil {
		return nil, status.Errorf(codes.Aborted, "another call for volume %s has not ended in time", id)
	}
	return release, nil
}
