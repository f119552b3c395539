package node

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/node/mount"
)

const (
	// stagingFolder is where, below its own folder, kubelet has volumes of this
	// driver be staged.
	stagingFolder = "plugins/kubernetes.io/csi/" + DriverName
	// surveyed is how many mounts are asked at the same time.
	surveyed = 16
)

// Survey asks all volumes that are staged on this node how they do, and returns how
// many do so.
func (s *Service) Survey(ctx context.Context) (map[mount.Health]int, error) {
	count := map[mount.Health]int{mount.Alive: 0, mount.Dead: 0, mount.Unreachable: 0, mount.Silent: 0}
	err := s.survey(ctx, func(_ mount.Mount, health mount.Health) { count[health]++ })
	return count, err
}

// CleanUp unmounts staged volumes whose client is gone, such as those of a plugin that
// was killed together with its clients. What pods have of them stays: without it, a
// container that is restarted would write to the node's disk.
func (s *Service) CleanUp(ctx context.Context) error {
	var dead []mount.Mount
	err := s.survey(ctx, func(one mount.Mount, health mount.Health) {
		if health == mount.Dead {
			dead = append(dead, one)
		}
	})
	for _, one := range dead {
		klog.InfoS("Unmounting a volume whose client is gone", "volume", one.Volume(), "path", one.Path)
		err = errors.Join(err, s.Mounts.Unmount(ctx, one.Path, s.Bounds.Unmount))
	}
	return err
}

// survey asks all volumes that are staged how they do, and has each be seen, one at a
// time.
func (s *Service) survey(ctx context.Context, see func(mount.Mount, mount.Health)) error {
	mounts, err := s.Mounts.All(ctx, stagingFolder)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	var asking errgroup.Group
	asking.SetLimit(surveyed)
	for _, one := range mounts {
		asking.Go(func() error {
			health, err := s.probe(ctx, one.Path)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			see(one, health)
			return nil
		})
	}
	return asking.Wait()
}
