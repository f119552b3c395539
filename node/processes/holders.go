package processes

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"
)

// Holder is a process in whose mounts a file system is.
type Holder struct {
	PID  int
	Name string
}

// String names the process to a person.
func (h Holder) String() string { return fmt.Sprintf("%s (process %d)", h.Name, h.PID) }

// Holding returns, for each mount namespace that the thread sees a process of, one process
// in whose mounts the file system is that has a device of that number.
func Holding(device uint32) ([]Holder, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("cannot look for what holds a mount: %w", err)
	}
	// A process sees the mounts of its namespace that are below its root.
	type view struct{ namespace, root string }
	seen := map[view]bool{}
	var holders []Holder
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		namespace, err := os.Readlink(file(pid, "ns/mnt"))
		if err != nil {
			continue
		}
		root, err := os.Readlink(file(pid, "root"))
		if err != nil || seen[view{namespace, root}] {
			continue
		}
		there, err := isMounted(pid, device)
		if err != nil {
			// It has ended. Others that have the same mounts are still to come.
			continue
		}
		seen[view{namespace, root}] = true
		if there {
			name, _ := os.ReadFile(file(pid, "comm"))
			holders = append(holders, Holder{PID: pid, Name: strings.TrimSpace(string(name))})
		}
	}
	return holders, nil
}

// isMounted tells whether a file system is in the mounts that a process sees.
func isMounted(pid int, device uint32) (bool, error) {
	table, err := os.Open(file(pid, "mountinfo"))
	if err != nil {
		return false, err
	}
	defer table.Close()
	infos, err := mountinfo.GetMountsFromReader(table, func(info *mountinfo.Info) (skip, stop bool) {
		is := info.Major == 0 && info.Minor == int(device)
		return !is, is
	})
	return len(infos) > 0, err
}
