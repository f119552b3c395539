package node

import (
	"context"
	"errors"
	"path"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/node/mount"
)

const (
	// StagingFolder is where, below its own folder, kubelet has volumes of this driver
	// be staged.
	StagingFolder = "plugins/kubernetes.io/csi/" + DriverName
	// surveyed is how many mounts are asked at the same time.
	surveyed = 16
)

// Volume is a volume that is staged on this node.
type Volume struct {
	// Name is GlusterFS's, and PersistentVolume Kubernetes' while a pod has the volume.
	Name, PersistentVolume string
	// Path is the folder that it is staged in.
	Path      string
	Condition mount.Condition
}

// Survey asks all volumes that are staged on this node how they do, and tells of those
// whose health has changed in the log. The error says which could not be asked; no volumes
// are returned if it is not even known which there are.
func (s *Service) Survey(ctx context.Context) ([]Volume, error) {
	volumes, err := s.survey(ctx)
	if volumes != nil {
		for _, change := range s.healths.update(volumes) {
			change.log()
		}
	}
	return volumes, err
}

// CleanUp unmounts staged volumes whose client is gone, such as those of a plugin that
// was killed together with its clients. What pods have of them stays: without it, a
// container that is restarted would write to the node's disk.
func (s *Service) CleanUp(ctx context.Context) error {
	volumes, err := s.survey(ctx)
	for _, volume := range volumes {
		if volume.Condition.Health == mount.Dead {
			klog.FromContext(ctx).Info("Unmounting a volume whose client is gone", "volume", volume.Name, "path", volume.Path)
			err = errors.Join(err, s.Mounts.Unmount(ctx, volume.Path, s.Bounds.Unmount))
		}
	}
	return err
}

// survey asks all volumes that are staged how they do. One that cannot be asked keeps none
// of the others from being asked.
func (s *Service) survey(ctx context.Context) ([]Volume, error) {
	mounts, err := s.Mounts.All(ctx, "")
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	volumes := []Volume{}
	var errs []error
	clients := s.Mounts.Clients(ctx)
	var asking errgroup.Group
	asking.SetLimit(surveyed)
	for _, volume := range s.staged(mounts) {
		asking.Go(func() error {
			answering, cancel := context.WithTimeout(ctx, s.Bounds.Answer)
			defer cancel()
			condition, err := s.Mounts.Probe(answering, volume.Path, clients)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, mount.ErrNotMounted):
				// It was unmounted meanwhile.
			case err != nil:
				errs = append(errs, err)
			default:
				volume.Condition = condition
				volumes = append(volumes, volume)
			}
			return nil
		})
	}
	_ = asking.Wait()
	return volumes, errors.Join(errs...)
}

// staged are the volumes of mounts that are staged. One that is mounted over another is
// what is seen of both.
func (s *Service) staged(mounts []mount.Mount) map[string]Volume {
	persistentVolumes := map[uint32]string{}
	for _, one := range mounts {
		if name := persistentVolumeOf(one.Path); name != "" {
			persistentVolumes[one.Connection] = name
		}
	}
	staged := map[string]Volume{}
	for _, one := range mounts {
		if strings.HasPrefix(s.Mounts.Below(one.Path), StagingFolder+"/") {
			staged[one.Path] = Volume{Name: one.Volume(), PersistentVolume: persistentVolumes[one.Connection], Path: one.Path}
		}
	}
	return staged
}

// persistentVolumeOf is the name of the PersistentVolume that kubelet has be mounted for a
// pod at a path; "" if the path is for something else.
func persistentVolumeOf(target string) string {
	folder, last := path.Split(target)
	above, name := path.Split(path.Clean(folder))
	if last != "mount" || path.Base(above) != csiFolder {
		return ""
	}
	return name
}
