package host

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"k8s.io/klog/v2"

	"glusterfs-provisioner/host/ownership"
	"glusterfs-provisioner/host/store"
)

// upgradeBound is how long glusterd may take to rewrite its files.
const upgradeBound = 5 * time.Minute

// upgrade has glusterd rewrite the files of volumes if its version is not the one that ran last, as its packages do when they
// are installed, or if some are damaged. What fails is tried again at the next start.
func (h *Host) upgrade(ctx context.Context) error {
	mark, err := ownership.Read(h.config.Glusterd)
	if err != nil || mark == nil {
		return err
	}
	output, err := h.children.Run(ctx, "glusterd", "--version")
	if err != nil {
		return err
	}
	line, _, _ := strings.Cut(output, "\n")
	changed := *mark
	changed.Version = strings.TrimPrefix(line, "glusterfs ")
	folder := os.DirFS(h.config.Glusterd)
	node, err := store.Read(folder)
	if err != nil {
		return err
	}
	damaged, err := store.HasDamagedVolfiles(folder)
	if err != nil {
		return err
	}
	if node.UUID != "" && (damaged || changed.Version != mark.Version) {
		klog.InfoS("Having glusterd rewrite its files, since another version ran last or some are damaged", "from", mark.Version, "to", changed.Version, "damaged", damaged)
		if err := h.rewrite(ctx); err != nil {
			return err
		}
	}
	return h.mark(mark, changed)
}

// rewrite has glusterd rewrite the files of volumes.
func (h *Host) rewrite(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, upgradeBound)
	defer cancel()
	_, err := h.children.Run(ctx, "glusterd", "--no-daemon", "--volfile="+h.config.settings(), "--xlator-option", "*.upgrade=on")
	// When it has rewritten them, it ends itself by a SIGTERM, whose number is its status then.
	if exit, is := errors.AsType[*exec.ExitError](err); is && exit.ExitCode() == int(syscall.SIGTERM) {
		return nil
	}
	return err
}
