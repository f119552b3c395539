package child

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// CheckDatabase returns an error unless there is a database in heketi's folder that heketi can read. heketi
// does not run.
func (o Options) CheckDatabase(ctx context.Context) error {
	if _, err := os.Stat(o.databaseFile()); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(o.Dir, "check-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	ctx, cancel := context.WithTimeout(ctx, startBound)
	defer cancel()
	export := exec.CommandContext(ctx, o.Program, "db", "export", "--dbfile="+o.databaseFile(), "--jsonfile="+filepath.Join(folder, "database.json"))
	export.Env = environment(os.Environ())
	if output, err := export.CombinedOutput(); err != nil {
		return fmt.Errorf("heketi cannot read %s: %w: %.500s", o.databaseFile(), err, output)
	}
	return nil
}

// MakeDatabase has heketi make a database of a text, the JSON that "heketi db export" writes, and returns it. Nothing
// that is in heketi's folder changes.
func (o Options) MakeDatabase(ctx context.Context, text []byte) ([]byte, error) {
	folder, err := os.MkdirTemp(o.Dir, "import-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	from, to := filepath.Join(folder, "database.json"), filepath.Join(folder, "heketi.db")
	if err := os.WriteFile(from, text, 0o600); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, startBound)
	defer cancel()
	importing := exec.CommandContext(ctx, o.Program, "db", "import", "--jsonfile="+from, "--dbfile="+to)
	importing.Env = environment(os.Environ())
	if output, err := importing.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("heketi cannot make a database of it: %w: %.500s", err, output)
	}
	return os.ReadFile(to)
}

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
