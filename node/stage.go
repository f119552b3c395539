package node

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
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
	if err := s.Mounts.Unmount(ctx, request.StagingTargetPath, s.Bounds.Unmount); err != nil {
		return nil, failure(err)
	}
	return &csi.NodeUnstageVolumeResponse{}, nil
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
	health, err := s.probe(ctx, staging.path)
	if err != nil {
		return failure(err)
	}
	switch health {
	case mount.Alive:
		return nil
	case mount.Dead:
		klog.InfoS("The client of a volume is gone; mounting it again", "volume", staging.volume.Name, "path", staging.path)
		if err := s.Mounts.Unmount(ctx, staging.path, s.Bounds.Unmount); err != nil {
			return failure(err)
		}
		if err := s.mount(ctx, staging); err != nil {
			return err
		}
		s.Healed()
		return nil
	}
	return status.Error(codes.Unavailable, explain(health, staging.path))
}

// probe asks a mount how it does, for as long as it may take to answer.
func (s *Service) probe(ctx context.Context, path string) (mount.Health, error) {
	ctx, cancel := context.WithTimeout(ctx, s.Bounds.Answer)
	defer cancel()
	return s.Mounts.Probe(ctx, path)
}

// explain says what it means that a mount is not alive.
func explain(health mount.Health, path string) string {
	switch health {
	case mount.Dead:
		return "the GlusterFS client of " + path + " is gone; the volume is mounted again within minutes, and containers have it again when they are restarted"
	case mount.Unreachable:
		return "the GlusterFS client of " + path + " reaches none of the servers that it needs; it goes on by itself when it does"
	case mount.Silent:
		return "the mount " + path + " does not answer: GlusterFS servers are slow or have just gone, or the client hangs"
	}
	return ""
}

// mount mounts the volume. If that fails, nothing stays mounted.
func (s *Service) mount(ctx context.Context, staging staging) error {
	servers, silent := s.Servers.Locate(ctx, staging.volume, staging.options)
	start := time.Now()
	mounting, cancel := context.WithTimeout(ctx, s.Bounds.Mount)
	defer cancel()
	err := s.Client.Mount(mounting, client.Request{
		Volume: staging.volume, Servers: servers, Options: staging.options, Target: staging.path,
	})
	if err == nil {
		err = s.verify(mounting, staging)
	}
	s.Mounted(time.Since(start), err)
	if err == nil {
		klog.InfoS("Mounted a volume", "volume", staging.volume.Name, "path", staging.path, "servers", servers, "took", time.Since(start))
		return nil
	}
	// The context may have ended, which is no reason to leave anything behind.
	cleaning, endCleaning := context.WithTimeout(context.WithoutCancel(ctx), s.Bounds.Unmount+s.Bounds.Answer)
	defer endCleaning()
	if left := s.Mounts.Unmount(cleaning, staging.path, s.Bounds.Unmount); left != nil {
		err = errors.Join(err, left)
	}
	if errors.Is(err, client.ErrNotInstalled) {
		return failure(fmt.Errorf("node %s: %w; install glusterfs-client (Debian, Ubuntu), glusterfs-fuse (Red Hat, Fedora, SUSE) or what the node's system has instead, or run the plugin with --client=container", s.NodeID, err))
	}
	if len(silent) > 0 {
		err = fmt.Errorf("%w; servers that do not answer: %s", err, addresses(silent))
	}
	return failure(fmt.Errorf("cannot mount volume %s from %s: %w", staging.volume.Name, addresses(servers), err))
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
	health, err := s.probe(ctx, staging.path)
	if err == nil && health != mount.Alive {
		err = errors.New(explain(health, staging.path))
	}
	return err
}

func addresses(servers []netip.Addr) string {
	texts := make([]string, len(servers))
	for i, server := range servers {
		texts[i] = server.String()
	}
	return strings.Join(texts, ", ")
}
