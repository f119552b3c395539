package host

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// replaceFile has either the old or the new file there, whenever the machine loses its power.
func replaceFile(path string, content []byte, mode os.FileMode) error {
	file, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(mode))
	if err != nil {
		return err
	}
	defer func() { _ = file.Cleanup() }() // It is gone unless something fails.
	if _, err := file.Write(content); err != nil {
		return err
	}
	return file.CloseAtomicallyReplace()
}

// isFile tells whether a file has that content and that mode.
func isFile(path string, content []byte, mode os.FileMode) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm() != mode {
		return false
	}
	there, err := os.ReadFile(path)
	return err == nil && bytes.Equal(there, content)
}
