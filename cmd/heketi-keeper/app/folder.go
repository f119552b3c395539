package app

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/google/renameio/v2"
)

// folder is where heketi runs. Only one process has it at a time.
type folder struct {
	lock *os.File
	// identity is the same for each process that has the folder, and for no other. So one that was
	// killed is followed by the next at once, which need not wait until the Lease expires.
	identity string
}

// openFolder makes the folder if there is none.
func openFolder(path string) (*folder, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("--dir=%s: %w", path, err)
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("--dir=%s: %w", path, err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("--dir=%s: another process has it: %w; give each a folder of its own", path, err), lock.Close())
	}
	identity, err := identityIn(filepath.Join(path, "identity"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("--dir=%s: %w", path, err), lock.Close())
	}
	return &folder{lock, identity}, nil
}

func (f *folder) close() { _ = f.lock.Close() }

// identityIn returns what stands in a file, which is made with a name of its own if it is not there.
func identityIn(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err == nil && len(text) > 0 {
		return strings.TrimSpace(string(text)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	host, err := os.Hostname()
	if err != nil {
		return "", err
	}
	identity := host + "_" + rand.Text()
	return identity, renameio.WriteFile(file, []byte(identity+"\n"), 0o600, renameio.WithTempDir(filepath.Dir(file)))
}
