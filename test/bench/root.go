package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const moduleLine = "module glusterfs-provisioner\n"

// Root returns the repository's root folder, searched from the given folder
// upwards; "" is the working directory.
func Root(from string) (string, error) {
	dir, err := filepath.Abs(from)
	if err != nil {
		return "", fmt.Errorf("cannot find the repository: %w", err)
	}
	for {
		is, err := isRoot(dir)
		if err != nil {
			return "", fmt.Errorf("cannot find the repository: %w", err)
		}
		if is {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", fmt.Errorf("cannot find the repository: no folder from %q upwards has its go.mod", from)
		}
		dir = parent
	}
}

func isRoot(dir string) (bool, error) {
	text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return bytes.HasPrefix(text, []byte(moduleLine)) || bytes.Contains(text, []byte("\n"+moduleLine)), err
}
