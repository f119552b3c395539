package preflight

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// listeners returns who listens on any of the ports.
func listeners(ports []int) ([]Listener, error) {
	var found []Listener
	for _, name := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // There is no IPv6.
		}
		if err != nil {
			return nil, err
		}
		for port, inode := range listening(string(text)) {
			if slices.Contains(ports, port) && !slices.ContainsFunc(found, func(l Listener) bool { return l.Port == port }) {
				found = append(found, Listener{Port: port, Process: holderOf(inode)})
			}
		}
	}
	slices.SortFunc(found, func(a, b Listener) int { return a.Port - b.Port })
	return found, nil
}

// socketLine is a line of /proc/net/tcp (proc_pid_net(5)): the local port, the state, and the socket's inode.
var socketLine = regexp.MustCompile(`^ *\d+: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) \S+ \S+ \S+ +\d+ +\d+ (\d+)`)

// listenState is that of a socket that listens (include/net/tcp_states.h of Linux).
const listenState = "0A"

// listening returns the ports that sockets listen on, with the inodes of these.
func listening(table string) map[int]string {
	ports := map[int]string{}
	for line := range strings.Lines(table) {
		if parts := socketLine.FindStringSubmatch(line); parts != nil && parts[2] == listenState {
			port, _ := strconv.ParseUint(parts[1], 16, 16) // They are four digits.
			ports[int(port)] = parts[3]
		}
	}
	return ports
}

// holderOf returns the process that has a socket; none if it cannot be seen.
func holderOf(inode string) Process {
	links, _ := filepath.Glob("/proc/[0-9]*/fd/*") // The pattern is a good one.
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != "socket:["+inode+"]" {
			continue
		}
		process := filepath.Dir(filepath.Dir(link))
		name, _ := os.ReadFile(filepath.Join(process, "comm"))
		pid, _ := strconv.Atoi(filepath.Base(process)) // The pattern has digits only.
		return Process{PID: pid, Name: strings.TrimSpace(string(name))}
	}
	return Process{}
}
