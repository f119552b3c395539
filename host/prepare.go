package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// prepare lays out the folders that glusterd starts with.
func (h *Host) prepare() error {
	// glusterd takes a brick for running if the number in its file is that of any process, so the file of a brick
	// that has ended with the former container would keep it from being started.
	if err := empty(h.config.Run); err != nil {
		return err
	}
	if err := h.seed(); err != nil {
		return err
	}
	if err := h.makeList(); err != nil {
		return err
	}
	return h.writeSettings()
}

// makeList makes heketi's list of mounts if there is none: heketi edits it in place.
func (h *Host) makeList() error {
	list, err := os.OpenFile(h.config.fstab(), os.O_CREATE|os.O_RDONLY, 0o644)
	if err != nil {
		return err
	}
	return list.Close()
}

// empty removes what is in a folder, which is made if there is none. It refuses while something is mounted below it, whose files
// would be removed, too: gluster mounts snapshots there, and its shared storage.
func empty(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	mounted, err := readMounts()
	if err != nil {
		return err
	}
	if points := mounted.below(folder); len(points) > 0 {
		return fmt.Errorf("%s has to be emptied before a start, and %s is mounted there; unmount it, or give the container a /run of its own", folder, strings.Join(points, ", "))
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	var errs []error
	for _, entry := range entries {
		errs = append(errs, os.RemoveAll(filepath.Join(folder, entry.Name())))
	}
	return errors.Join(errs...)
}

// seed puts the image's hooks and groups of options where glusterd looks for them: the host's folder
// hides what the image has there. Files of a former image are replaced; a person's own stay.
func (h *Host) seed() error {
	for _, name := range []string{"hooks", "groups"} {
		if err := copyOver(filepath.Join(h.config.Image, name), filepath.Join(h.config.Glusterd, name)); err != nil {
			return fmt.Errorf("cannot put %s into %s: %w", name, h.config.Glusterd, err)
		}
	}
	return nil
}

func copyOver(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		info, err := entry.Info()
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return os.MkdirAll(target, info.Mode().Perm())
		case !info.Mode().IsRegular():
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		// A node whose disk is full starts all the same.
		if isFile(target, content, info.Mode().Perm()) {
			return nil
		}
		return replaceFile(target, content, info.Mode().Perm())
	})
}

// The lines of glusterd's settings that are changed, also where they are comments: what bounds the ports of bricks, and the kind
// of addresses.
var (
	maxPort       = regexp.MustCompile(`(?m)^#? +option max-port +\d+$`)
	addressFamily = regexp.MustCompile(`(?m)^#? +option transport.address-family +\w+$`)
)

// writeSettings writes glusterd's settings. They are made of the image's at each start, so that those of a
// former image do not stay.
func (h *Host) writeSettings() error {
	settings, err := os.ReadFile(h.config.Settings)
	if err != nil {
		return err
	}
	change := map[*regexp.Regexp]string{maxPort: fmt.Sprintf("    option max-port  %d", h.config.LastBrickPort)}
	if h.config.IPv6 {
		change[addressFamily] = "    option transport.address-family inet6"
	}
	for line, replacement := range change {
		if !line.Match(settings) {
			return fmt.Errorf("%s has no line %q to be changed", h.config.Settings, strings.TrimSpace(replacement))
		}
		settings = line.ReplaceAll(settings, []byte(replacement))
	}
	return os.WriteFile(h.config.settings(), settings, 0o600)
}
