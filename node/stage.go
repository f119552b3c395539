package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/node/client"
	"glusterfs-provisioner/node/mount"
)

// NodeStageVolume mounts a volume on this node.
func (s *Service) NodeStageVolume(ctx context.Context, request *csi.NodeStageVolumeRequest) (*csi.NodeStageVolumeResponse, error) {
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
	return &csi.NodeStageVolumeResponse{}, nil
}

// NodeUnstageVolume unmounts a volume from this node.
func (s *Service) NodeUnstageVolume(ctx context.Context, request *csi.NodeUnstageVolumeRequest) (*csi.NodeUnstageVolumeResponse, error) {
	if err := s.check(request.VolumeId, "staging_target_path", request.StagingTargetPath); err != nil {
		return nil, err
	}
	release, err := s.lock(ctx, request.VolumeId)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := s.unstage(ctx, request.StagingTargetPath); err != nil {
		return nil, failure(err)
	}
	return &csi.NodeUnstageVolumeResponse{}, nil
}

// unstage unmounts what is staged, and waits for its client to end. That this goes on is
// no failure: repeated calls could not change it.
func (s *Service) unstage(ctx context.Context, path string) error {
	mounts, err := s.Mounts.At(ctx, path)
	if err != nil {
		return err
	}
	patient, cancel := context.WithTimeout(ctx, s.Bounds.Unmount)
	defer cancel()
	served := s.Leftovers.Of(mounts)
	if err := s.Mounts.Unmount(ctx, path, s.Bounds.Unmount); err != nil {
		return err
	}
	s.Leftovers.Await(patient, served)
	return nil
}

// stage has the volume be mounted where it is staged, and answer. A mount that is
// dead is mounted again.
func (s *Service) stage(ctx context.Context, staging staging) error {
	mounts, err := s.Mounts.At(ctx, staging.path)
	if err != nil {
		return failure(err)
	}
	if len(mounts) == 0 {
		return s.mount(ctx, staging)
	}
	if there := mounts[len(mounts)-1].Volume(); there != staging.volume.Name {
		return status.Errorf(codes.AlreadyExists, "volume %s is mounted on %s", there, staging.path)
	}
	condition, err := s.probe(ctx, staging.path)
	if err != nil {
		return failure(err)
	}
	switch condition.Health {
	case mount.Alive:
		return nil
	case mount.Dead:
		klog.FromContext(ctx).Info("The client of a volume is gone; mounting it again", "volume", staging.volume.Name, "path", staging.path)
		if err := s.Mounts.Unmount(ctx, staging.path, s.Bounds.Unmount); err != nil {
			return failure(err)
		}
		if err := s.mount(ctx, staging); err != nil {
			return err
		}
		s.Healed()
		return nil
	}
	return status.Error(codes.Unavailable, condition.Explain(staging.path))
}

// probe asks a mount how it does, for as long as it may take to answer.
func (s *Service) probe(ctx context.Context, path string) (mount.Condition, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Bounds.Answer)
	defer cancel()
	return s.Mounts.Probe(ctx, path, s.Mounts.Clients(ctx))
}

// mount mounts the volume. If that fails, nothing stays mounted. Waiting for its turn is in
// the bound of mounting.
func (s *Service) mount(ctx context.Context, staging staging) error {
	mounting, cancel := context.WithTimeout(ctx, s.Bounds.Mount)
	defer cancel()
	over, err := s.turns.take(mounting)
	if err != nil {
		return status.Errorf(codes.Unavailable, "cannot mount volume %s: as many others as --max-mounts allows are being mounted", staging.volume.Name)
	}
	defer over()
	found := s.Servers.Locate(mounting, staging.volume, staging.options)
	start := time.Now()
	err = s.Client.Mount(mounting, client.Request{
		Volume: staging.volume, Servers: found.Servers, Options: staging.options, Target: staging.path,
	})
	if err == nil {
		err = s.verify(mounting, staging)
	}
	s.Mounted(time.Since(start), err)
	if err == nil {
		klog.FromContext(ctx).Info("Mounted a volume", "volume", staging.volume.Name, "path", staging.path, "servers", found.Servers, "took", time.Since(start))
		return nil
	}
	// The context may have ended, which is no reason to leave anything behind.
	cleaning, endCleaning := context.WithTimeout(context.WithoutCancel(ctx), s.Bounds.Unmount+s.Bounds.Answer)
	defer endCleaning()
	if left := s.Mounts.Unmount(cleaning, staging.path, s.Bounds.Unmount); left != nil {
		err = errors.Join(err, left)
	}
	if errors.Is(err, client.ErrNotInstalled) {
		return failure(fmt.Errorf("node %s: %w; install glusterfs-client (Debian, Ubuntu), glusterfs-fuse (Red Hat, Fedora, SUSE) or what the node's system has instead, name it with --mount-program, or run the plugin with --client=container", s.NodeID, err))
	}
	// The reason comes first, since events are cut at their end.
	return failure(fmt.Errorf("cannot mount volume %s: %w; asked were %v", staging.volume.Name, err, found))
}

// verify sees that there is a mount of the volume now, and that it answers.
func (s *Service) verify(ctx context.Context, staging staging) error {
	mounts, err := s.Mounts.At(ctx, staging.path)
	if err != nil {
		return err
	}
	if len(mounts) == 0 {
		return fmt.Errorf("the GlusterFS client says that it has mounted the volume on %s, but the kernel knows of no mount there", staging.path)
	}
	if there := mounts[len(mounts)-1]; there.Volume() != staging.volume.Name {
		return fmt.Errorf("the GlusterFS client has mounted %s, which is not the volume", there.Source)
	}
	condition, err := s.probe(ctx, staging.path)
	if err == nil && condition.Health != mount.Alive {
		err = errors.New(condition.Explain(staging.path))
	}
	return err
}
