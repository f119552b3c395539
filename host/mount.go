package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/singleflight"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/bricks"
	"glusterfs-provisioner/host/children"
)

const (
	// mountBound is how long a mount is waited for. One that has to read a long journal goes on after that.
	mountBound = 30 * time.Second
	// unmountBound is how long the end waits for all bricks to be unmounted. The end of the container does it, too.
	unmountBound = 10 * time.Second
	// atOnce is how many bricks are mounted, and groups activated, side by side.
	atOnce = 8
)

// mounter mounts bricks.
type mounter struct {
	config   Config
	children *children.Children
	// works are the mounts and activations that are under way, each once: one that waits for a disk that does not answer
	// is not begun a second time.
	works singleflight.Group

	mu sync.Mutex
	// failed is why what was last tried to mount is not mounted, by mount point, and inactive what LVM last said of a
	// group that it could not activate.
	failed, inactive map[string]error
}

func newMounter(config Config, adopted *children.Children) *mounter {
	return &mounter{config: config, children: adopted, failed: map[string]error{}, inactive: map[string]error{}}
}

// errSlow is why a work is not waited for any longer.
var errSlow = errors.New("it is under way, and has not ended in time; a disk may not answer")

// await has a work done, if it is not under way, and waits for it for as long as the bound and the context allow. The work goes
// on after that: LVM that is killed leaves a pool half active.
func (m *mounter) await(ctx context.Context, bound time.Duration, name string, work func() error) error {
	select {
	case result := <-m.works.DoChan(name, func() (any, error) { return nil, work() }):
		return result.Err
	case <-time.After(bound):
		return errSlow
	case <-ctx.Done():
		return ctx.Err()
	}
}

// missing returns those of the bricks that are not mounted and that have something to mount.
func (m *mounter) missing(all []bricks.Brick) ([]bricks.Brick, error) {
	mounted, err := readMounts()
	if err != nil {
		return nil, err
	}
	var missing []bricks.Brick
	for _, brick := range all {
		if brick.Mount.Device != "" && !mounted.has(brick.Mount.MountPoint) {
			missing = append(missing, brick)
		}
	}
	return missing, nil
}

// mountAll tries to mount bricks.
func (m *mounter) mountAll(ctx context.Context, missing []bricks.Brick) {
	var work errgroup.Group
	work.SetLimit(atOnce)
	for _, brick := range missing {
		work.Go(func() error {
			err := m.await(ctx, mountBound, brick.Mount.MountPoint, func() error { return m.mount(ctx, brick) })
			if err != nil {
				klog.ErrorS(err, "A brick is not mounted", "volume", brick.Volume, "path", brick.Path)
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			m.failed[brick.Mount.MountPoint] = err
			return nil
		})
	}
	_ = work.Wait() // The errors are noted.
}

// errNotTried is why a brick is not mounted that was made known since the last try.
var errNotTried = errors.New("it is tried soon")

// why returns why a brick is not mounted.
func (m *mounter) why(brick bricks.Brick) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.failed[brick.Mount.MountPoint]; err != nil {
		return err
	}
	return errNotTried
}

// mount mounts a brick. If it cannot, the mount point of a brick that gluster has is covered.
func (m *mounter) mount(ctx context.Context, brick bricks.Brick) error {
	err := m.mountDevice(ctx, brick)
	if err != nil && brick.Volume != "" {
		err = errors.Join(err, cover(brick.Mount.MountPoint))
	}
	return err
}

func (m *mounter) mountDevice(ctx context.Context, brick bricks.Brick) error {
	entry := brick.Mount
	if _, err := os.Stat(entry.Device); err != nil {
		return m.absent(brick, err)
	}
	if err := os.MkdirAll(entry.MountPoint, 0o755); err != nil {
		return err
	}
	if err := uncover(entry.MountPoint); err != nil {
		return err
	}
	_, err := m.children.Run(context.WithoutCancel(ctx), "mount", "-t", entry.Type, "-o", entry.Options, entry.Device, entry.MountPoint)
	return err
}

// absent says why a brick has no device.
func (m *mounter) absent(brick bricks.Brick, err error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	err = fmt.Errorf("its device is not there: %w", err)
	if inactive := m.inactive[brick.Group()]; inactive != nil {
		err = fmt.Errorf("%w; LVM has not activated its group: %w", err, inactive)
	}
	return err
}

// unmountAll unmounts those of the bricks that are mounted, and what covers those that are not.
func (m *mounter) unmountAll(ctx context.Context, all []bricks.Brick) error {
	mounted, err := readMounts()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, unmountBound)
	defer cancel()
	errs := make([]error, len(all))
	var work errgroup.Group
	work.SetLimit(atOnce)
	for i, brick := range all {
		if _, is := mounted[brick.Mount.MountPoint]; !is || brick.Mount.Device == "" {
			continue
		}
		work.Go(func() error {
			_, errs[i] = m.children.Run(ctx, "umount", brick.Mount.MountPoint)
			return nil
		})
	}
	_ = work.Wait() // The errors are those above.
	return errors.Join(errs...)
}
