package preflight

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glusterfs-provisioner/host/fstab"
	"glusterfs-provisioner/host/ownership"
	"glusterfs-provisioner/host/store"
)

// GlusterdPort is where glusterd listens.
const GlusterdPort = 24007

// modules are those of the kernel that thin pools, their snapshots and clients need.
var modules = []string{"dm_thin_pool", "dm_snapshot", "fuse"}

// commandBound is how long a command may take that looks at something.
const commandBound = 20 * time.Second

// Gatherer finds facts.
type Gatherer struct {
	// Run runs a command and returns what it printed.
	Run func(ctx context.Context, name string, args ...string) (string, error)
	// LVM is a program that runs its arguments on the node.
	LVM string
	// Glusterd is glusterd's working folder, Fstab heketi's list of mounts, and ClusterCA the file with the certificates of
	// the cluster's authorities.
	Glusterd, Fstab, ClusterCA string
	// Node is the node's name.
	Node string
	// Ports are those that have to be free.
	Ports []int
	// Devices are those that heketi is to get.
	Devices []string
}

// AtStart gathers what the checks of that name need.
func (g Gatherer) AtStart() (Facts, error) {
	f := Facts{Node: g.Node}
	var err error
	if f.Found, err = g.found(); err != nil {
		return f, err
	}
	if f.Cluster, err = ownership.ReadKeys(g.ClusterCA); err != nil {
		return f, err
	}
	if f.Servers, err = servers(); err != nil {
		return f, err
	}
	f.Listeners, err = listeners(g.Ports)
	return f, err
}

// All gathers all facts.
func (g Gatherer) All(ctx context.Context) (Facts, error) {
	f, err := g.AtStart()
	if err != nil {
		return f, err
	}
	var system unix.Utsname
	if err := unix.Uname(&system); err != nil {
		return f, err
	}
	f.Kernel = unix.ByteSliceToString(system.Release[:])
	progs, _ := g.run(ctx, "mkfs.xfs", "-V") // Without it, its version cannot be told.
	f.XFSProgs = strings.TrimSpace(strings.TrimPrefix(progs, "mkfs.xfs version "))
	f.Modules = map[string]error{}
	for _, module := range modules {
		f.Modules[module] = g.module(ctx, module)
	}
	f.LVM = g.onNode(ctx, "/usr/sbin/lvm", "version")
	f.ThinTools = g.onNode(ctx, "/bin/sh", "-c", "command -v thin_check")
	f.Client = g.onNode(ctx, "/bin/sh", "-c", "command -v mount.glusterfs")
	for _, path := range g.Devices {
		f.Devices = append(f.Devices, g.device(ctx, path))
	}
	return f, nil
}

func (g Gatherer) run(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandBound)
	defer cancel()
	return g.Run(ctx, name, args...)
}

func (g Gatherer) onNode(ctx context.Context, args ...string) error {
	_, err := g.run(ctx, g.LVM, args...)
	return err
}

func (g Gatherer) found() (ownership.Found, error) {
	var found ownership.Found
	var err error
	if found.Mark, err = ownership.Read(g.Glusterd); err != nil {
		return found, err
	}
	// A volume that cannot be read says nothing of whose the store is.
	if found.Store, err = store.Read(os.DirFS(g.Glusterd)); err != nil && found.Store.UUID == "" {
		return found, err
	}
	text, err := os.ReadFile(g.Fstab)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return found, err
	}
	// Lines that say nothing do not keep a host from starting.
	entries, _ := fstab.Parse(string(text))
	found.Listed = len(entries)
	return found, nil
}

// module returns why the kernel cannot use a module. One that is not loaded is loaded by the kernel when it is needed.
func (g Gatherer) module(ctx context.Context, name string) error {
	if _, err := os.Stat(filepath.Join("/sys/module", name)); err == nil {
		return nil
	}
	return g.onNode(ctx, "modprobe", "--dry-run", name)
}

// serverNames are those of the processes of glusterd and of bricks. A client's is glusterfs.
var serverNames = []string{"glusterd", "glusterfsd"}

// servers returns the processes of GlusterFS servers that can be seen, which with hostPID are all of the node, and that
// are on this network: what runs in a pod's own network takes no port of the node.
func servers() ([]Process, error) {
	own, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		return nil, err
	}
	names, err := filepath.Glob("/proc/[0-9]*/comm")
	if err != nil {
		return nil, err
	}
	var found []Process
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // The process has ended.
		}
		process := Process{Name: strings.TrimSpace(string(text))}
		network, _ := os.Readlink(filepath.Join(filepath.Dir(name), "ns/net")) // It has none any more if it has ended.
		if network != own || !slices.Contains(serverNames, process.Name) {
			continue
		}
		if process.PID, err = strconv.Atoi(filepath.Base(filepath.Dir(name))); err == nil {
			found = append(found, process)
		}
	}
	return found, nil
}

// device looks at a device without writing to it.
func (g Gatherer) device(ctx context.Context, path string) Device {
	d := Device{Path: path}
	info, err := os.Stat(path)
	if err != nil {
		d.Err = err
		return d
	}
	if info.Mode()&fs.ModeDevice == 0 || info.Mode()&fs.ModeCharDevice != 0 {
		d.Err = errors.New("it is no block device")
		return d
	}
	// The path may be a link, such as those in /dev/disk/by-id.
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		d.Err = err
		return d
	}
	holders, _ := os.ReadDir(filepath.Join("/sys/class/block", filepath.Base(real), "holders")) // A partition table shows in the signatures.
	for _, holder := range holders {
		d.Holders = append(d.Holders, holder.Name())
	}
	output, err := g.run(ctx, "wipefs", "--no-act", "--noheadings", "--output=TYPE", path)
	if err != nil {
		d.Err = fmt.Errorf("cannot look for signatures: %w", err)
		return d
	}
	d.Signatures = strings.Fields(output)
	return d
}

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
