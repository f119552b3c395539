package host

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"k8s.io/klog/v2"
)

// logPatterns are the logs of GlusterFS, below its folder of logs.
var logPatterns = []string{"*.log", "bricks/*.log"}

// rotateLogs begins those logs anew that are too large, and keeps one former of each: a node without GlusterFS's package
// has nothing that does it, and would run full.
func (h *Host) rotateLogs() {
	if err := rotate(h.config.Logs, h.config.LogSize); err != nil {
		klog.ErrorS(err, "Cannot begin all logs anew", "path", h.config.Logs)
	}
}

// rotate begins those of the logs below a folder anew that are larger.
func rotate(folder string, size int64) error {
	var errs []error
	for _, pattern := range logPatterns {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		errs = append(errs, err)
		for _, file := range files {
			if info, err := os.Lstat(file); err == nil && info.Mode().IsRegular() && info.Size() > size { // It may be gone.
				errs = append(errs, beginAnew(file))
			}
		}
	}
	return errors.Join(errs...)
}

// beginAnew copies a log and empties it. It is not renamed: the folder has also logs of the clients on the node, which
// would write to what they have open for ever. Whoever writes to it appends, as all of GlusterFS does.
func beginAnew(log string) error {
	former := log + ".1"
	// First, since the disk may be full.
	if err := os.Remove(former); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(log, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	copied, err := os.OpenFile(former, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(copied, file)
	if err := errors.Join(err, copied.Close()); err != nil {
		// A disk that is full must not stay so for the sake of a log.
		return errors.Join(err, os.Remove(former), file.Truncate(0))
	}
	return file.Truncate(0)
}
