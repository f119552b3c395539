package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/bricks"
)

// startBound is how long glusterd may take to start a brick, which takes a lock of the whole pool.
const startBound = 2 * time.Minute

// State is what was found of a host.
type State struct {
	// Glusterd is why glusterd does not answer; nil if it does. Restarts is how often it has died.
	Glusterd error
	Restarts int
	// Bricks are those that gluster has, or Unknown is why nothing can be told of them.
	Bricks  []BrickState
	Unknown error
}

// BrickState is what was found of a brick.
type BrickState struct {
	bricks.Brick
	// Problem is why it is not mounted or, if its volume is started, does not run; nil if all is well.
	Problem          error
	Mounted, Running bool
}

// survey looks whether all is well, and mends what it can, until the context ends.
func (h *Host) survey(ctx context.Context) {
	triedAt := time.Now()
	for {
		all := ofGluster(h.bricks())
		retry := time.Since(triedAt) >= h.config.MountInterval
		if retry {
			triedAt = time.Now()
			h.mountLate(ctx, all)
			all = ofGluster(h.bricks())
		}
		state := State{Glusterd: h.glusterd.ask(ctx), Restarts: h.glusterd.restarts()}
		if retry && state.Glusterd == nil {
			h.startLate(ctx, all)
		}
		state.Bricks, state.Unknown = h.look(all)
		if ctx.Err() != nil {
			return
		}
		h.config.Told(state)
		h.rotateLogs()
		select {
		case <-ctx.Done():
			return
		case <-time.After(h.config.SurveyInterval):
		}
	}
}

// mountLate mounts those bricks that are not mounted.
func (h *Host) mountLate(ctx context.Context, all []bricks.Brick) {
	missing, err := h.mounter.missing(all)
	if err != nil || len(missing) == 0 {
		return // What is mounted cannot be told: the state says so.
	}
	if err := h.mounter.activate(ctx, bricks.Groups(withoutDevice(missing))); err != nil {
		klog.ErrorS(err, "LVM has not activated all volume groups")
	}
	// LVM may have taken a while, and heketi is to be able to remove what gluster does not have any more.
	if missing, err = h.mounter.missing(ofGluster(h.bricks())); err != nil {
		return
	}
	for i, err := range h.mounter.mountAll(ctx, missing) {
		if err != nil || !missing[i].Started {
			continue
		}
		klog.InfoS("Mounted a brick that was missing", "volume", missing[i].Volume, "path", missing[i].Path)
		h.late[missing[i].Volume] = true
	}
}

// startLate asks glusterd to start the bricks that were mounted after its start. Without that it would wait for its
// next start.
func (h *Host) startLate(ctx context.Context, all []bricks.Brick) {
	for volume := range h.late {
		if !slices.ContainsFunc(all, func(b bricks.Brick) bool { return b.Volume == volume && b.Started }) {
			delete(h.late, volume)
			continue
		}
		if err := h.glusterd.gluster(ctx, startBound, "volume", "start", volume, "force"); err != nil {
			klog.ErrorS(err, "Cannot start bricks that were mounted late; it is tried again", "volume", volume)
			continue
		}
		delete(h.late, volume)
	}
}

// look returns what is to be told of the bricks, or why that cannot be told.
func (h *Host) look(all []bricks.Brick) ([]BrickState, error) {
	missing, err := h.mounter.missing(all)
	if err != nil {
		return nil, err
	}
	states := make([]BrickState, 0, len(all))
	for _, brick := range all {
		state := BrickState{Brick: brick, Mounted: !slices.Contains(missing, brick), Running: h.runs(brick)}
		switch {
		case !state.Mounted:
			state.Problem = fmt.Errorf("it is not mounted: %w", h.mounter.why(brick))
		case brick.Started && !state.Running:
			state.Problem = fmt.Errorf("it does not run; its log in /var/log/glusterfs/bricks says why, and gluster volume start %s force starts it", brick.Volume)
		}
		states = append(states, state)
	}
	return states, nil
}

// runs tells whether the process of a brick runs.
func (h *Host) runs(brick bricks.Brick) bool {
	text, err := os.ReadFile(filepath.Join(h.config.Run, brick.PIDFile()))
	if err != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return false
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return err == nil && strings.TrimSpace(string(name)) == "glusterfsd"
}
