package processes

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Serving returns the IDs of the GlusterFS clients that were started to mount on a
// folder, of all processes that the thread sees. Those that have just ended are left
// out.
func Serving(folder string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var processes []int
	for _, entry := range entries {
		process, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		text, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if err == nil && serves(string(text), folder) {
			processes = append(processes, process)
		}
	}
	return processes
}

// serves tells whether a command line, in the form of /proc/PID/cmdline, is that of a
// client for a folder.
func serves(commandLine, folder string) bool {
	arguments := strings.Split(strings.TrimRight(commandLine, "\x00"), "\x00")
	return filepath.Base(arguments[0]) == "glusterfs" && arguments[len(arguments)-1] == folder
}
