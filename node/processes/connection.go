package processes

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// errServesNothing is of a process that has no FUSE device open.
var errServesNothing = errors.New("the process serves no mount")

// connectionOf is the number of the device of the mount that a process serves, or 0 if the
// kernel does not tell.
func connectionOf(pid int) (uint32, error) {
	entries, err := os.ReadDir(file(pid, "fd"))
	if err != nil {
		return 0, err
	}
	opened := slices.DeleteFunc(entries, func(entry fs.DirEntry) bool {
		link, err := os.Readlink(filepath.Join(file(pid, "fd"), entry.Name()))
		return err != nil || link != device
	})
	if len(opened) == 0 {
		return 0, errServesNothing
	}
	// A client has more than one open if it has several threads that read requests, all
	// of the same mount.
	text, err := os.ReadFile(filepath.Join(file(pid, "fdinfo"), opened[0].Name()))
	if err != nil {
		return 0, err
	}
	return connection(string(text)), nil
}

// connection finds the number of a connection in what the kernel tells of an open device.
func connection(fdinfo string) uint32 {
	for line := range strings.Lines(fdinfo) {
		if text, found := strings.CutPrefix(line, "fuse_connection:"); found {
			number, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
			if err == nil {
				return uint32(number)
			}
		}
	}
	return 0
}
