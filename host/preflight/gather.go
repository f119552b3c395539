package preflight

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
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
	// What is damaged of a store says nothing of whose it is.
	if found.Store, err = store.Read(os.DirFS(g.Glusterd)); err != nil && !errors.Is(err, store.ErrDamaged) {
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
