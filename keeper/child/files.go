package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// replaceFile has either the old or the new file there, whenever the machine loses its power.
func replaceFile(path string, data []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // It is gone unless something fails.
	_, err = file.Write(data)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
