package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/google/renameio/v2"
)

// Database returns the database in heketi's folder. It returns an error if there is none. heketi does not run.
func (o Options) Database() ([]byte, error) { return os.ReadFile(o.databaseFile()) }

// PutDatabase has heketi start with that database. heketi does not run.
func (o Options) PutDatabase(data []byte) error {
	if err := replaceFile(o.databaseFile(), data); err != nil {
		return fmt.Errorf("cannot write heketi's database: %w", err)
	}
	return nil
}

// RemoveDatabase has heketi start with an empty database. heketi does not run.
func (o Options) RemoveDatabase() error {
	if err := os.Remove(o.databaseFile()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove heketi's database: %w", err)
	}
	return nil
}

// checkLocked returns an error unless heketi, which runs, has the lock of its database for itself. If another process has it,
// heketi reads the database and refuses all changes.
func (o Options) checkLocked() error {
	file, err := os.Open(o.databaseFile())
	if err != nil {
		return fmt.Errorf("heketi has no database: %w", err)
	}
	defer file.Close()
	switch err := syscall.Flock(int(file.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); {
	case err == nil:
		return fmt.Errorf("%s: another process has it open, so that heketi cannot change it; end that process", o.databaseFile())
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil
	default:
		return fmt.Errorf("cannot see whether heketi has its database for itself: %s: %w", o.databaseFile(), err)
	}
}

// replaceFile has either the old or the new file there, whenever the machine loses its power. The new one is
// there to stay once it returns, so that what is written after it never tells of one that is not.
func replaceFile(path string, data []byte) error {
	folder := filepath.Dir(path)
	if err := renameio.WriteFile(path, data, 0o600, renameio.WithTempDir(folder)); err != nil {
		return err
	}
	opened, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(opened.Sync(), opened.Close())
}
