package client

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// ErrNotInstalled is of a node that has no GlusterFS client.
var ErrNotInstalled = errors.New("there is no GlusterFS client")

// mountProgram is what GlusterFS's packages call the program that mounts.
const mountProgram = "mount.glusterfs"

// usual are folders in which systems have programs: the first ones are everybody's,
// /opt/bin is for systems whose own folders cannot be written to, and the last one is
// NixOS's.
var usual = []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/opt/sbin", "/opt/bin", "/run/current-system/sw/bin"}

// search is folders in which programs are looked for, in the thread's namespace.
type search []string

// search is the PATH of the node's first process, or of this one if the client is the
// container's, and then the usual folders. A program that a flag names comes with its
// folder.
func (c *Client) search() search {
	var s search
	add := func(folders ...string) {
		for _, folder := range folders {
			if filepath.IsAbs(folder) && !slices.Contains(s, folder) {
				s = append(s, folder)
			}
		}
	}
	if c.options.MountProgram != "" {
		add(filepath.Dir(c.options.MountProgram))
	}
	path := os.Getenv("PATH")
	if c.options.Host {
		path = pathOfFirstProcess()
	}
	add(filepath.SplitList(path)...)
	add(usual...)
	return s
}

// pathOfFirstProcess is empty if it cannot be read.
func pathOfFirstProcess() string {
	environment, err := os.ReadFile("/proc/1/environ")
	if err != nil {
		return ""
	}
	for variable := range bytes.SplitSeq(environment, []byte{0}) {
		if value, found := bytes.CutPrefix(variable, []byte("PATH=")); found {
			return string(value)
		}
	}
	return ""
}

// look finds a program.
func (s search) look(program string) (path string, found bool) {
	for _, folder := range s {
		path := filepath.Join(folder, program)
		if executable(path) {
			return path, true
		}
	}
	return "", false
}

func (s search) String() string { return strings.Join(s, ":") }

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && unix.Access(path, unix.X_OK) == nil
}

// mountProgram finds the program that mounts.
func (c *Client) mountProgram(s search) (string, error) {
	if path := c.options.MountProgram; path != "" {
		if !executable(path) {
			return "", fmt.Errorf("%w: --mount-program=%s is no program there", ErrNotInstalled, path)
		}
		return path, nil
	}
	path, found := s.look(mountProgram)
	if !found {
		return "", fmt.Errorf("%w: %s is in none of %s", ErrNotInstalled, mountProgram, s)
	}
	return path, nil
}
