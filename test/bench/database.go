package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ExportDatabase returns what "heketi db export" writes of heketi's database. heketi must
// not run.
func (h *Heketi) ExportDatabase(ctx context.Context) (database []byte, err error) {
	err = h.inFolder(func(folder string) error {
		file := filepath.Join(folder, "database.json")
		if _, err := h.command(ctx, "db", "export", "--dbfile="+h.DatabaseFile(), "--jsonfile="+file); err != nil {
			return err
		}
		database, err = os.ReadFile(file)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot export heketi's database: %w", err)
	}
	return database, nil
}

// ImportDatabase replaces heketi's database by the one that "heketi db import" makes of the
// text. heketi must not run.
func (h *Heketi) ImportDatabase(ctx context.Context, database []byte) error {
	err := h.inFolder(func(folder string) error {
		file, imported := filepath.Join(folder, "database.json"), filepath.Join(folder, "heketi.db")
		if err := os.WriteFile(file, database, 0o600); err != nil {
			return err
		}
		if _, err := h.command(ctx, "db", "import", "--jsonfile="+file, "--dbfile="+imported); err != nil {
			return err
		}
		return os.Rename(imported, h.DatabaseFile())
	})
	if err != nil {
		return fmt.Errorf("cannot import heketi's database: %w", err)
	}
	return nil
}

// ExamineGluster returns what "heketi offline state examine gluster" prints. heketi must
// not run.
func (h *Heketi) ExamineGluster(ctx context.Context) ([]byte, error) {
	return h.command(ctx, "offline", "state", "examine", "gluster", "--config="+h.ConfigFile())
}

// Ended is closed when the heketi that was started last has ended, by a fault that crashes
// it for example.
func (h *Heketi) Ended() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.process.Ended()
}

// command runs one of the server's commands and returns its standard output.
func (h *Heketi) command(ctx context.Context, arguments ...string) ([]byte, error) {
	return Run(ctx, serverEnvironment(h.dir), h.binaries.Server, arguments...)
}

// inFolder does something in a folder that is removed then.
func (h *Heketi) inFolder(do func(folder string) error) error {
	folder, err := os.MkdirTemp(h.dir, "database-")
	if err != nil {
		return err
	}
	return errors.Join(do(folder), os.RemoveAll(folder))
}

// DatabaseFile is heketi's database.
func (h *Heketi) DatabaseFile() string { return filepath.Join(h.dir, "heketi.db") }

// Environment is that of a person: a shell finds heketi's programs by it, and heketi-cli finds
// the server and is its admin.
func (h *Heketi) Environment() []string {
	return []string{
		"PATH=" + filepath.Dir(h.binaries.CLI) + ":" + os.Getenv("PATH"),
		"HEKETI_CLI_SERVER=" + h.URL(), "HEKETI_CLI_USER=admin", "HEKETI_CLI_KEY=" + h.AdminKey(),
	}
}
