package host

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/bricks"
)

const (
	// lvmBound is how long LVM is waited for. It checks each thin pool, and goes on after that.
	lvmBound = 30 * time.Second
	// devicePoll is how often it is looked for disks that come late.
	devicePoll = 5 * time.Second
)

// activate has LVM activate groups, each by itself: one whose disk does not answer keeps none of the others.
func (m *mounter) activate(ctx context.Context, groups []string) {
	var work errgroup.Group
	work.SetLimit(atOnce)
	for _, group := range groups {
		work.Go(func() error {
			err := m.await(ctx, lvmBound, group, func() error {
				_, err := m.children.Run(context.WithoutCancel(ctx), m.config.LVM, "/usr/sbin/lvm", "vgchange", "--activate=y", group)
				return err
			})
			if err != nil {
				klog.ErrorS(err, "LVM has not activated a volume group", "group", group)
			}
			m.mu.Lock()
			defer m.mu.Unlock()
			m.inactive[group] = err
			return nil
		})
	}
	_ = work.Wait() // The errors are noted.
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
		klog.InfoS("Waiting for devices of bricks", "bricks", len(absent), "device", absent[0].Mount.Device, "bound", m.config.DeviceWait)
		select {
		case <-ctx.Done():
			return
		case <-time.After(devicePoll):
		}
		m.activate(ctx, bricks.Groups(absent))
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
