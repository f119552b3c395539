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

	"glusterfs-provisioner/host/bricks"
)

// State is what was found of a host.
type State struct {
	// Glusterd is why glusterd does not answer; nil if it does. Restarts is how often it has died.
	Glusterd error
	Restarts int
	// Bricks are those that gluster has, and Unknown is why not all can be told.
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

// survey looks whether all is well until the context ends.
func (h *Host) survey(ctx context.Context) {
	for {
		state := h.look(ctx)
		if ctx.Err() != nil {
			return
		}
		h.config.Told(state)
		select {
		case <-ctx.Done():
			return
		case <-time.After(h.config.SurveyInterval):
		}
	}
}

func (h *Host) look(ctx context.Context) State {
	state := State{Glusterd: h.glusterd.ask(ctx), Restarts: h.glusterd.restarts()}
	var all []bricks.Brick
	if all, state.Unknown = h.bricks(); state.Unknown != nil {
		state.Unknown = fmt.Errorf("not all bricks can be told: %w", state.Unknown)
	}
	owned := ofGluster(all)
	missing, err := h.mounter.missing(owned)
	if err != nil {
		state.Unknown = err
		return state
	}
	for _, brick := range owned {
		state.Bricks = append(state.Bricks, h.lookAt(brick, !slices.Contains(missing, brick)))
	}
	return state
}

func (h *Host) lookAt(brick bricks.Brick, mounted bool) BrickState {
	state := BrickState{Brick: brick, Mounted: mounted}
	_, state.Running = h.process(brick)
	switch {
	case !mounted:
		state.Problem = fmt.Errorf("it is not mounted: %w", h.mounter.why(brick))
	case brick.Started && !state.Running:
		state.Problem = fmt.Errorf("it does not run; its log in /var/log/glusterfs/bricks says why, and gluster volume start %s force starts it", brick.Volume)
	}
	return state
}

// process returns the process of a brick, and whether it runs.
func (h *Host) process(brick bricks.Brick) (pid int, runs bool) {
	text, err := os.ReadFile(filepath.Join(h.config.Run, brick.PIDFile()))
	if err != nil {
		return 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, false
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return pid, err == nil && strings.TrimSpace(string(name)) == "glusterfsd"
}
