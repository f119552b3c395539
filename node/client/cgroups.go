package client

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// leaveCgroups moves the thread that it is called on into the cgroups of the host's
// first process, so that what it starts is not killed with this process' container.
// In the second version of cgroups a thread cannot leave its process; there the
// folder is returned that a new process has to be started in, or nil if that version
// is not in use.
func leaveCgroups() (unified *os.File, err error) {
	file, err := os.Open("/proc/1/cgroup")
	if err != nil {
		return nil, fmt.Errorf("cannot find the host's cgroups: %w", err)
	}
	defer file.Close()
	cgroups, err := parseCgroups(file)
	if err != nil {
		return nil, err
	}
	hierarchies, err := mountinfo.GetMounts(mountinfo.FSTypeFilter("cgroup", "cgroup2"))
	if err != nil {
		return nil, fmt.Errorf("cannot find the host's cgroups: %w", err)
	}
	for _, hierarchy := range hierarchies {
		path := cgroups.folder(hierarchy)
		if path == "" {
			continue
		}
		if hierarchy.FSType == "cgroup2" {
			if unified == nil {
				unified, err = os.OpenFile(path, unix.O_PATH|unix.O_DIRECTORY, 0)
			}
		} else {
			err = os.WriteFile(filepath.Join(path, "tasks"), []byte(strconv.Itoa(unix.Gettid())), 0)
		}
		if err != nil {
			return nil, fmt.Errorf("cannot take the client out of the plugin's cgroup: %w; --client=container leaves it there", err)
		}
	}
	return unified, nil
}

// cgroups are the cgroups of a process.
type cgroups []cgroup

// cgroup is a line of /proc/PID/cgroup, see cgroups(7).
type cgroup struct {
	// controllers are those of the hierarchy, or its name; none for the second
	// version's.
	controllers []string
	path        string
}

func parseCgroups(text io.Reader) (cgroups, error) {
	var all cgroups
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), ":", 3)
		if len(fields) != 3 {
			return nil, fmt.Errorf("/proc/1/cgroup has a line %q", lines.Text())
		}
		one := cgroup{path: fields[2]}
		if fields[1] != "" {
			one.controllers = strings.Split(fields[1], ",")
		}
		all = append(all, one)
	}
	return all, lines.Err()
}

// folder is where the process' cgroup of a mounted hierarchy is; "" if it is not
// below what of the hierarchy is mounted.
func (c cgroups) folder(hierarchy *mountinfo.Info) string {
	options := strings.Split(hierarchy.VFSOptions, ",")
	for _, cgroup := range c {
		if hierarchy.FSType == "cgroup2" && cgroup.controllers != nil || hierarchy.FSType == "cgroup" && cgroup.controllers == nil {
			continue
		}
		if slices.ContainsFunc(cgroup.controllers, func(name string) bool { return !slices.Contains(options, name) }) {
			continue
		}
		below, err := filepath.Rel(hierarchy.Root, cgroup.path)
		if err != nil || strings.HasPrefix(below, "..") {
			return ""
		}
		return filepath.Join(hierarchy.Mountpoint, below)
	}
	return ""
}
