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
	all, err := h.bricks()
	if err != nil {
		klog.ErrorS(err, "Cannot tell all bricks")
	}
	owned := ofGluster(all)
	h.mounter.activate(ctx, bricks.Groups(all))
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

// bricks returns the bricks of the host, as gluster and heketi have them by now. With an error, it returns those that can be told.
func (h *Host) bricks() ([]bricks.Brick, error) {
	node, storeErr := store.Read(os.DirFS(h.config.Glusterd))
	text, listErr := os.ReadFile(h.config.fstab())
	if errors.Is(listErr, fs.ErrNotExist) {
		listErr = nil
	}
	// Lines that say nothing are of nobody.
	list, _ := fstab.Parse(string(text))
	return bricks.Of(node, list), errors.Join(storeErr, listErr)
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
