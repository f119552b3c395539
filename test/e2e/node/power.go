package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/moby/sys/mountinfo"

	"glusterfs-provisioner/test/bench"
)

// endBound is how long the kernel may take to end all processes.
const endBound = time.Minute

// inMemory is what of /run is the runtime's, and is not there after a machine's start.
const inMemory = "/run/containerd"

// podNetworks are where the network namespaces of pods are mounted.
const podNetworks = "/run/netns/cni-*"

// PowerOff ends the node as a loss of power does: all its processes, all that it has
// mounted, and what is in memory only. The scheduler, which is not on every node, stays.
func (n *Node) PowerOff(ctx context.Context) error {
	// The first ones would start others again.
	if err := errors.Join(n.kubelet.Kill(), n.containerd.Kill()); err != nil {
		return err
	}
	if err := bench.Until(ctx, endBound, n.killAll); err != nil {
		return err
	}
	if err := n.unmountAll(); err != nil {
		return err
	}
	networks, err := filepath.Glob(podNetworks)
	for _, path := range append(networks, inMemory) {
		err = errors.Join(err, os.RemoveAll(path))
	}
	_, linkErr := bench.Run(ctx, nil, "ip", "link", "delete", "pods")
	return errors.Join(err, linkErr)
}

// PowerOn starts the node again after PowerOff, and waits until Kubernetes takes it for
// ready.
func (n *Node) PowerOn(ctx context.Context) error {
	return errors.Join(n.startContainerd(ctx), n.StartKubelet(ctx))
}

// killAll kills the pods' processes, what the runtime has for each of them, and the
// GlusterFS clients that mount for them. It is an error as long as there are some.
func (n *Node) killAll(context.Context) error {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return err
	}
	var killed []string
	for _, file := range files {
		// What is gone by now is not looked for.
		text, _ := os.ReadFile(file)
		cgroups, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cgroup"))
		arguments := strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
		isPods := strings.Contains(string(cgroups), n.options.Cgroup+"/")
		isRuntimes := strings.HasPrefix(filepath.Base(arguments[0]), "containerd-shim")
		isClient := filepath.Base(arguments[0]) == "glusterfs" && strings.HasPrefix(arguments[len(arguments)-1], n.options.KubeletDir+"/")
		if !isPods && !isRuntimes && !isClient {
			continue
		}
		process, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			return err
		}
		killed = append(killed, arguments[0])
		if err := syscall.Kill(process, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	if len(killed) > 0 {
		return fmt.Errorf("there were still %q", killed)
	}
	return nil
}

// unmountAll unmounts what is kubelet's and the runtime's, and of that what was mounted last
// first.
func (n *Node) unmountAll() error {
	mounts, err := mountinfo.GetMounts(func(mount *mountinfo.Info) (skip, stop bool) {
		isNetwork, _ := filepath.Match(podNetworks, mount.Mountpoint)
		within := func(dir string) bool { return strings.HasPrefix(mount.Mountpoint, dir+"/") }
		return !isNetwork && !within(n.options.KubeletDir) && !within(inMemory), false
	})
	if err != nil {
		return err
	}
	for _, mount := range slices.Backward(mounts) {
		if err := syscall.Unmount(mount.Mountpoint, syscall.MNT_DETACH); err != nil && !errors.Is(err, syscall.EINVAL) {
			return fmt.Errorf("cannot unmount %s: %w", mount.Mountpoint, err)
		}
	}
	return nil
}
