package keeper

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"
)

// sessions is a file that says of which sessions the database in a folder is.
type sessions struct {
	dir string
}

// list are names of sessions.
type list []string

func (l list) has(session string) bool { return slices.Contains(l, session) }

func (s sessions) path() string { return filepath.Join(s.dir, "sessions") }

// read returns the sessions; none if there is no file.
func (s sessions) read() (list, error) {
	text, err := os.ReadFile(s.path())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.Fields(string(text)), nil
}

// write replaces the file. A machine that loses its power has either the old or the new one.
func (s sessions) write(l list) error {
	return renameio.WriteFile(s.path(), []byte(strings.Join(l, "\n")+"\n"), 0o600, renameio.WithTempDir(s.dir))
}
