package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// wroteNothing tells each line of why a command that writes a file has failed, and that nothing was
// written, and returns the exit status.
func wroteNothing(stderr io.Writer, err error) int {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(stderr, "%s: %s\n", name, strings.TrimSuffix(line, "\n"))
	}
	fmt.Fprintf(stderr, "%s: nothing was written\n", name)
	return exitFailed
}

// checkNew checks that nothing has that path.
func checkNew(path string) error {
	if path == "" {
		return nil
	}
	switch _, err := os.Lstat(path); {
	case err == nil:
		return fmt.Errorf("--output=%s: it exists, and nothing is overwritten; name a new file", path)
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("--output=%s: %w", path, err)
	}
	return nil
}

// writeNew writes a file that only its owner may read, whole or not at all.
func writeNew(path string, text []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	if _, err := file.Write(text); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Sync(); err != nil {
		return errors.Join(err, file.Close())
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
