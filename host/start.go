package host

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/bricks"
	"glusterfs-provisioner/host/fstab"
	"glusterfs-provisioner/host/store"
)

// mountAtStart mounts all bricks, before glusterd starts: it starts no brick that is not mounted.
func (h *Host) mountAtStart(ctx context.Context) {
	all := h.bricks()
	owned := ofGluster(all)
	if err := h.mounter.activate(ctx, bricks.Groups(all)); err != nil {
		klog.ErrorS(err, "LVM has not activated all volume groups")
	}
	h.mounter.awaitDevices(ctx, owned)
	missing, err := h.mounter.missing(all)
	if err != nil {
		klog.ErrorS(err, "No brick is mounted")
		return
	}
	// What only heketi has it may be making or removing at this moment, so it is not mounted again later.
	h.mounter.mountAll(ctx, missing)
	klog.InfoS("Mounted the bricks", "bricks", len(owned), "listedOnly", len(all)-len(owned))
}

// bricks returns the bricks of the host, as gluster and heketi have them by now.
func (h *Host) bricks() []bricks.Brick {
	node, err := store.Read(os.DirFS(h.config.Glusterd))
	if err != nil {
		klog.ErrorS(err, "Cannot read all of glusterd's store", "path", h.config.Glusterd)
	}
	text, err := os.ReadFile(h.config.fstab())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		klog.ErrorS(err, "Cannot read heketi's list of mounts")
	}
	list, err := fstab.Parse(string(text))
	if err != nil {
		klog.ErrorS(err, "heketi's list of mounts has lines that say nothing", "path", h.config.fstab())
	}
	return bricks.Of(node, list)
}

// ofGluster returns the bricks that gluster has.
func ofGluster(all []bricks.Brick) []bricks.Brick {
	var owned []bricks.Brick
	for _, brick := range all {
		if brick.Volume != "" {
			owned = append(owned, brick)
		}
	}
	return owned
}
