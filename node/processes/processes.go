package processes

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// program is what the kernel calls GlusterFS clients.
	program = "glusterfs"
	// device is what clients have open to serve a mount.
	device = "/dev/fuse"
	// first is the node's first process.
	first = 1
)

// ID is a process, and no later one that gets its number.
type ID struct {
	PID int
	// started is when the process started, in ticks since the start of the kernel.
	started string
}

// Client is a GlusterFS client that serves a mount, or has served one.
type Client struct {
	ID
	// Target is the folder that it was started to mount on.
	Target string
	// Connection is the number of the mount's device; 0 on a kernel that does not tell it,
	// as 6.18 does and 6.1 does not.
	Connection uint32
}

// Serving returns the processes that were started to mount on a folder, of all that the
// thread sees, whether they have come to that or not.
func Serving(folder string) []int {
	var serving []int
	for _, pid := range clients() {
		if target, err := targetOf(pid); err == nil && target == folder {
			serving = append(serving, pid)
		}
	}
	return serving
}

// Clients returns the clients that the thread sees. On a kernel that does not tell what
// they serve, these are only those that have the thread's mounts or the node's: programs
// of pods may call themselves what they like.
func Clients() ([]Client, error) {
	here, err := os.Readlink("/proc/thread-self/ns/mnt")
	if err != nil {
		return nil, fmt.Errorf("cannot tell GlusterFS clients from what looks like them: %w", err)
	}
	node, _ := os.Readlink(file(first, "ns/mnt"))
	var found []Client
	for _, pid := range clients() {
		client, err := read(pid)
		if err != nil {
			// It has ended, or serves nothing.
			continue
		}
		if client.Connection == 0 {
			namespace, err := os.Readlink(file(pid, "ns/mnt"))
			if err != nil || namespace != here && namespace != node {
				continue
			}
		}
		found = append(found, client)
	}
	return found, nil
}

// clients are the processes that the kernel calls as it calls clients. Their command lines
// are not read here, nor are those of all others: the kernel may wait for a process in order
// to read that.
func clients() []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	var pids []int
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		name, err := os.ReadFile(file(pid, "comm"))
		if err == nil && strings.TrimSpace(string(name)) == program {
			pids = append(pids, pid)
		}
	}
	return pids
}

func read(pid int) (Client, error) {
	id, err := identify(pid)
	if err != nil {
		return Client{}, err
	}
	target, err := targetOf(pid)
	if err != nil {
		return Client{}, err
	}
	connection, err := connectionOf(pid)
	return Client{ID: id, Target: target, Connection: connection}, err
}

// identify tells a process from later ones of the same number.
func identify(pid int) (ID, error) {
	text, err := os.ReadFile(file(pid, "stat"))
	if err != nil {
		return ID{}, err
	}
	// The name, in parentheses, may have any character.
	_, rest, _ := strings.Cut(string(text[max(0, strings.LastIndexByte(string(text), ')')):]), " ")
	// The start is the 22nd field, and what follows the name the third, see proc(5).
	const start = 22 - 3
	fields := strings.Fields(rest)
	if len(fields) <= start {
		return ID{}, fmt.Errorf("%s has %d fields", file(pid, "stat"), len(fields)+2)
	}
	return ID{PID: pid, started: fields[start]}, nil
}

// Kill kills a process, unless it has ended.
func Kill(id ID) error {
	handle, err := unix.PidfdOpen(id.PID, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot kill process %d: %w", id.PID, err)
	}
	defer unix.Close(handle)
	// It may have become another one before it was opened, but not after.
	if now, err := identify(id.PID); err != nil || now != id {
		return nil
	}
	if err := unix.PidfdSendSignal(handle, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
		return fmt.Errorf("cannot kill process %d: %w", id.PID, err)
	}
	return nil
}

// targetOf is the last argument of a process.
func targetOf(pid int) (string, error) {
	text, err := os.ReadFile(file(pid, "cmdline"))
	if err != nil {
		return "", err
	}
	return target(string(text)), nil
}

// target is the last argument of a command line, in the form of /proc/PID/cmdline; "" if
// there is none besides the program.
func target(commandLine string) string {
	arguments := strings.Split(strings.TrimRight(commandLine, "\x00"), "\x00")
	if len(arguments) < 2 {
		return ""
	}
	return arguments[len(arguments)-1]
}

func file(pid int, name string) string {
	return filepath.Join("/proc", strconv.Itoa(pid), name)
}
