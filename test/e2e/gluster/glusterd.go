package gluster

import "context"

// PauseGlusterd stops the host's glusterd as it is: it answers nobody, and keeps its
// connections. Bricks go on. It lasts until ResumeGlusterd, or until the host is switched
// off.
func (h *Host) PauseGlusterd(ctx context.Context) error { return h.signalGlusterd(ctx, "STOP") }

// ResumeGlusterd has the host's glusterd go on, if it was paused.
func (h *Host) ResumeGlusterd(ctx context.Context) error { return h.signalGlusterd(ctx, "CONT") }

func (h *Host) signalGlusterd(ctx context.Context, signal string) error {
	_, err := h.Run(ctx, "pkill -"+signal+" -x glusterd")
	return err
}
