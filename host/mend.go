package host

import (
	"context"
	"slices"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/bricks"
)

// startBound is how long glusterd may take to start a brick, which takes a lock of the whole pool.
const startBound = 2 * time.Minute

// mender mounts the bricks that are missing, and has glusterd start them.
type mender struct {
	host *Host
	// absent are the mount points of bricks that were missing when it was last looked, and late the volumes with a
	// brick that was mounted since: glusterd has to be asked to start it, or it would wait for its next start.
	absent, late map[string]bool
}

// newMender returns one that knows what is missing by now. glusterd starts after that.
func newMender(h *Host) *mender {
	m := &mender{host: h, late: map[string]bool{}}
	m.note()
	return m
}

// run mends until the context ends.
func (m *mender) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(m.host.config.MountInterval):
		}
		m.mount(ctx)
		m.note()
		m.start(ctx)
		m.host.rotateLogs()
	}
}

// missing returns the bricks of gluster that are not mounted, and all of gluster. What cannot be told is in the state.
func (m *mender) missing() (missing, all []bricks.Brick) {
	found, _ := m.host.bricks()
	all = ofGluster(found)
	missing, _ = m.host.mounter.missing(all)
	return missing, all
}

func (m *mender) mount(ctx context.Context) {
	missing, _ := m.missing()
	if len(missing) == 0 {
		return
	}
	m.host.mounter.activate(ctx, bricks.Groups(withoutDevice(missing)))
	// LVM may have taken a while, and heketi is to be able to remove what gluster does not have any more.
	missing, _ = m.missing()
	m.host.mounter.mountAll(ctx, missing)
}

// note notes which bricks are missing, and which volumes have one that is not any more.
func (m *mender) note() {
	missing, all := m.missing()
	absent := map[string]bool{}
	for _, brick := range missing {
		absent[brick.Mount.MountPoint] = true
	}
	for _, brick := range all {
		if m.absent[brick.Mount.MountPoint] && !absent[brick.Mount.MountPoint] && brick.Started {
			klog.InfoS("A brick is mounted that was missing", "volume", brick.Volume, "path", brick.Path)
			m.late[brick.Volume] = true
		}
	}
	m.absent = absent
}

// start asks glusterd to start the bricks that were mounted after its start.
func (m *mender) start(ctx context.Context) {
	for volume := range m.late {
		_, all := m.missing()
		if !slices.ContainsFunc(all, func(b bricks.Brick) bool { return b.Volume == volume && b.Started }) {
			delete(m.late, volume)
			continue
		}
		if err := m.host.glusterd.gluster(ctx, startBound, "volume", "start", volume, "force"); err != nil {
			klog.ErrorS(err, "Cannot start bricks that were mounted late; it is tried again", "volume", volume)
			continue
		}
		delete(m.late, volume)
	}
}
