package client

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// processesFor returns the GlusterFS clients that are to serve a folder, of all
// processes that the thread sees. Those that have just ended are left out.
func processesFor(target string) []int {
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
		if err == nil && serves(string(text), target) {
			processes = append(processes, process)
		}
	}
	return processes
}

// serves tells whether a command line, in the form of /proc/PID/cmdline, is that of a
// client for a folder.
func serves(commandLine, target string) bool {
	arguments := strings.Split(strings.TrimRight(commandLine, "\x00"), "\x00")
	return filepath.Base(arguments[0]) == "glusterfs" && arguments[len(arguments)-1] == target
}

// killOthers kills the clients that are to serve a folder, save those that were there
// before. One whose mount has failed may otherwise wait for its servers for minutes.
func killOthers(before []int, target string) {
	for _, process := range processesFor(target) {
		if !slices.Contains(before, process) {
			_ = unix.Kill(process, unix.SIGKILL)
		}
	}
}
