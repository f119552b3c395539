package host

import (
	"context"
	"sync"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/children"
)

// Host is a host of GlusterFS.
type Host struct {
	config   Config
	children *children.Children
	glusterd *glusterd
	mounter  *mounter
}

// New returns a host. There may be only one in a process, which becomes the parent of all daemons.
func New(config Config) (*Host, error) {
	adopted, err := children.Adopt()
	if err != nil {
		return nil, err
	}
	h := &Host{config: config, children: adopted, mounter: newMounter(config, adopted)}
	h.glusterd = &glusterd{config: config, children: adopted, before: h.notePorts}
	return h, nil
}

// Run runs GlusterFS until the context ends, and ends its processes and unmounts its bricks then. It returns an
// error if it cannot start. A brick that is missing does not keep it from starting: the volume
// lives by the others.
func (h *Host) Run(ctx context.Context) error {
	// What ends the processes needs the reaping, and outlives the signal.
	reaping, endReaping := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	defer work.Wait()
	defer endReaping()
	work.Go(func() { h.children.Reap(reaping) })

	if err := h.prepare(); err != nil {
		return err
	}
	if err := h.claim(); err != nil {
		return err
	}
	// Before any glusterd runs, also the one that rewrites its files.
	h.mountAtStart(ctx)
	defer h.end(reaping)
	if err := h.upgrade(ctx); err != nil {
		klog.ErrorS(err, "glusterd has not rewritten its files; it is tried again at the next start")
	}
	mending := newMender(h)
	var running sync.WaitGroup
	running.Go(func() { h.keepClaim(ctx) })
	running.Go(func() { h.glusterd.run(ctx) })
	running.Go(func() { h.survey(ctx) })
	running.Go(func() { mending.run(ctx) })
	running.Wait()
	return nil
}

// end ends the bricks and what else glusterd has started, and unmounts the bricks. glusterd has ended.
func (h *Host) end(ctx context.Context) {
	ending, cancel := context.WithTimeout(ctx, h.config.Grace)
	defer cancel()
	klog.InfoS("Ending the bricks", "grace", h.config.Grace)
	if killed := h.children.End(ending); killed > 0 {
		klog.InfoS("Killed what did not end in time; volumes heal what was not written", "killed", killed)
	}
	all, _ := h.bricks() // Those that cannot be told are unmounted with the end of the container, too.
	if err := h.mounter.unmountAll(ctx, all); err != nil {
		klog.ErrorS(err, "Cannot unmount all bricks; they are unmounted with the end of the container")
	}
}
