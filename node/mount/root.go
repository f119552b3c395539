package mount

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// root is the open root of a mount, which is not asked by that. It has to be closed.
type root struct {
	file  *os.File
	mount Mount
}

// openRoot opens what is mounted at a path.
func openRoot(folder, below string) (*root, error) {
	file, err := openBelow(folder, below)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrNotMounted, err)
	}
	if err != nil {
		return nil, err
	}
	mount, err := mountOf(file, folder, below)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &root{file: file, mount: mount}, nil
}

// mountOf returns the mount whose root is open. It is that, whatever else is mounted
// there by now.
func mountOf(file *os.File, folder, below string) (Mount, error) {
	id, err := mountID(file)
	if err != nil {
		return Mount{}, err
	}
	mounts, err := at(folder, below)
	if err != nil {
		return Mount{}, err
	}
	if i := slices.IndexFunc(mounts, func(one Mount) bool { return one.id == id }); i >= 0 {
		return mounts[i], nil
	}
	return Mount{}, fmt.Errorf("%w: %s", ErrNotMounted, filepath.Join(folder, below))
}

// mountID is the id of the mount that an open file is in, as the table of mounts has it.
func mountID(file *os.File) (int, error) {
	path := fmt.Sprintf("/proc/thread-self/fdinfo/%d", file.Fd())
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if id, found := strings.CutPrefix(line, "mnt_id:"); found {
			return strconv.Atoi(strings.TrimSpace(id))
		}
	}
	return 0, fmt.Errorf("%s does not tell of a mount", path)
}
