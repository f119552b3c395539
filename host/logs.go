package host

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"k8s.io/klog/v2"
)

// logPatterns are the logs of GlusterFS, below its folder of logs.
var logPatterns = []string{"*.log", "bricks/*.log"}

// rotateLogs begins those logs anew that are too large, and keeps one former of each: a node without GlusterFS's package
// has nothing that does it, and would run full.
func (h *Host) rotateLogs() {
	rotated, err := rotate(h.config.Logs, h.config.LogSize)
	if err != nil {
		klog.ErrorS(err, "Cannot begin all logs anew", "path", h.config.Logs)
	}
	if rotated > 0 {
		// On which they open their logs again.
		h.glusterd.signal(syscall.SIGHUP)
		h.children.Signal(syscall.SIGHUP)
	}
}

// rotate renames those of the logs below a folder that are larger, and returns how many.
func rotate(folder string, size int64) (rotated int, err error) {
	var errs []error
	for _, pattern := range logPatterns {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		errs = append(errs, err)
		for _, file := range files {
			if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() || info.Size() <= size {
				continue // It may be gone.
			}
			if err := os.Rename(file, file+".1"); err != nil {
				errs = append(errs, err)
				continue
			}
			rotated++
		}
	}
	return rotated, errors.Join(errs...)
}
