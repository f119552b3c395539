package client

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/node/namespace"
)

// versionBound is how long a client may take to say its version.
const versionBound = 5 * time.Second

// Version is a version of the GlusterFS client, such as 10.3.
type Version string

// first is what "glusterfs --version" begins with.
var first = regexp.MustCompile(`^glusterfs ([0-9][0-9A-Za-z.~+-]*)`)

func parseVersion(said []byte) (Version, error) {
	match := first.FindSubmatch(said)
	if match == nil {
		return "", fmt.Errorf("it says no version: %.100q", said)
	}
	return Version(match[1]), nil
}

// major is the number before the first dot; 0 of no version.
func (v Version) major() int {
	text, _, _ := strings.Cut(string(v), ".")
	number, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return number
}

// isBefore tells whether it is known to be older than a major version.
func (v Version) isBefore(major int) bool { return v.major() > 0 && v.major() < major }

// versions remembers the version of a program for as long as the program is the same
// file. It is safe for concurrent use.
type versions struct {
	mu      sync.Mutex
	program identity
	version Version
}

// identity tells a file from another one that takes its place.
type identity struct {
	device, inode uint64
	size          int64
	changed       unix.Timespec
}

// Version returns the version of the client that volumes are mounted with, also after
// its package was replaced. Where there is no client, the error is ErrNotInstalled.
func (c *Client) Version(ctx context.Context) (Version, error) {
	ctx, cancel := context.WithTimeout(ctx, versionBound)
	defer cancel()
	return namespace.Do(ctx, c.options.Namespaces, func() (Version, error) {
		search := c.search()
		if _, err := c.mountProgram(search); err != nil {
			return "", err
		}
		return c.versions.of(ctx, search)
	})
}

// of asks the client, or remembers what it said. It is called in its namespaces.
func (v *versions) of(ctx context.Context, search search) (Version, error) {
	path, found := search.look("glusterfs")
	if !found {
		return "", fmt.Errorf("cannot tell the client's version: glusterfs is in none of %s", search)
	}
	var info unix.Stat_t
	if err := unix.Stat(path, &info); err != nil {
		return "", fmt.Errorf("cannot tell the client's version: %w", err)
	}
	program := identity{device: info.Dev, inode: info.Ino, size: info.Size, changed: info.Ctim}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.program == program {
		return v.version, nil
	}
	said, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return "", fmt.Errorf("cannot tell the client's version: %s --version: %w", path, err)
	}
	version, err := parseVersion(said)
	if err != nil {
		return "", fmt.Errorf("cannot tell the client's version: %s --version: %w", path, err)
	}
	v.program, v.version = program, version
	return version, nil
}
