package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/bricks"
	"glusterfs-provisioner/host/children"
	"glusterfs-provisioner/host/fstab"
)

const (
	// lvmBound is how long LVM may take, and mountBound a mount, which may have to read a journal.
	lvmBound, mountBound = time.Minute, 2 * time.Minute
	// devicePoll is how often it is looked for disks that come late.
	devicePoll = 5 * time.Second
	// mountsAtOnce is how many bricks are mounted side by side.
	mountsAtOnce = 8
)

// mounter mounts bricks.
type mounter struct {
	config   Config
	children *children.Children

	mu sync.Mutex
	// failed is why what was last tried to mount is not mounted, by mount point.
	failed map[string]error
}

// activate has LVM activate groups. LVM activates those that it can although others fail.
func (m *mounter) activate(ctx context.Context, groups []string) error {
	if len(groups) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lvmBound)
	defer cancel()
	_, err := m.children.Run(ctx, m.config.LVM, append([]string{"/usr/sbin/lvm", "vgchange", "--activate=y"}, groups...)...)
	return err
}

// awaitDevices activates the groups of bricks until all their devices are there, or for as long as the start waits for
// disks.
func (m *mounter) awaitDevices(ctx context.Context, all []bricks.Brick) {
	ctx, cancel := context.WithTimeout(ctx, m.config.DeviceWait)
	defer cancel()
	for {
		absent := withoutDevice(all)
		if len(absent) == 0 {
			return
		}
		err := m.activate(ctx, bricks.Groups(absent))
		absent = withoutDevice(absent)
		if len(absent) == 0 {
			return
		}
		klog.InfoS("Waiting for devices of bricks", "bricks", len(absent), "device", absent[0].Mount.Device, "bound", m.config.DeviceWait, "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(devicePoll):
		}
	}
}

func withoutDevice(all []bricks.Brick) []bricks.Brick {
	var absent []bricks.Brick
	for _, brick := range all {
		if _, err := os.Stat(brick.Mount.Device); brick.Group() != "" && errors.Is(err, fs.ErrNotExist) {
			absent = append(absent, brick)
		}
	}
	return absent
}

// missing returns those of the bricks that are not mounted and that have something to mount.
func (m *mounter) missing(all []bricks.Brick) ([]bricks.Brick, error) {
	mounted, err := mountPoints()
	if err != nil {
		return nil, fmt.Errorf("cannot tell what is mounted: %w", err)
	}
	var missing []bricks.Brick
	for _, brick := range all {
		if brick.Mount.Device != "" && !mounted[brick.Mount.MountPoint] {
			missing = append(missing, brick)
		}
	}
	return missing, nil
}

// mountAll mounts bricks, and returns why it could not, for each in their order.
func (m *mounter) mountAll(ctx context.Context, missing []bricks.Brick) []error {
	errs := make([]error, len(missing))
	var work errgroup.Group
	work.SetLimit(mountsAtOnce)
	for i, brick := range missing {
		work.Go(func() error {
			errs[i] = m.mount(ctx, brick.Mount)
			return nil
		})
	}
	_ = work.Wait() // The errors are those above.
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, brick := range missing {
		m.failed[brick.Mount.MountPoint] = errs[i]
		if errs[i] != nil {
			klog.ErrorS(errs[i], "A brick is not mounted", "volume", brick.Volume, "path", brick.Path)
		}
	}
	return errs
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

func (m *mounter) mount(ctx context.Context, entry fstab.Entry) error {
	if _, err := os.Stat(entry.Device); err != nil {
		return fmt.Errorf("its device is not there: %w", err)
	}
	if err := os.MkdirAll(entry.MountPoint, 0o755); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, mountBound)
	defer cancel()
	_, err := m.children.Run(ctx, "mount", "-t", entry.Type, "-o", entry.Options, entry.Device, entry.MountPoint)
	return err
}

// unmountAll unmounts those of the bricks that are mounted.
func (m *mounter) unmountAll(ctx context.Context, all []bricks.Brick) error {
	mounted, err := mountPoints()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, mountBound)
	defer cancel()
	var errs []error
	for _, brick := range all {
		if brick.Mount.Device != "" && mounted[brick.Mount.MountPoint] {
			_, err := m.children.Run(ctx, "umount", brick.Mount.MountPoint)
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// mountPoints returns what is mounted in the container.
func mountPoints() (map[string]bool, error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	return parseMountInfo(string(text)), nil
}

// parseMountInfo returns the mount points that proc_pid_mountinfo(5) has in its fifth field.
func parseMountInfo(text string) map[string]bool {
	points := map[string]bool{}
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 4 {
			points[fstab.Unescape(fields[4])] = true
		}
	}
	return points
}
