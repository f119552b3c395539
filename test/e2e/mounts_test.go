package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"
)

// process is a process of the node.
type process struct {
	id        int
	arguments []string
}

// processesOf are the processes of a program, given as it was called.
func processesOf(t *testing.T, program string) []process {
	t.Helper()
	processes, err := listProcesses(program)
	if err != nil {
		t.Fatal(err)
	}
	return processes
}

func listProcesses(program string) (processes []process, err error) {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		// One that is gone by now is not looked for.
		text, _ := os.ReadFile(file)
		arguments := strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
		if arguments[0] != program {
			continue
		}
		id, err := strconv.Atoi(strings.Split(file, "/")[2])
		if err != nil {
			return nil, err
		}
		processes = append(processes, process{id: id, arguments: arguments})
	}
	return processes, nil
}

// glusterClient is the program of GlusterFS's client, as mount.glusterfs calls it.
const glusterClient = "/usr/sbin/glusterfs"

// clientsOf are the GlusterFS clients by which the node mounts a volume.
func clientsOf(t *testing.T, v volume) []process {
	t.Helper()
	return slices.DeleteFunc(processesOf(t, glusterClient), func(p process) bool {
		return !p.asksFor(v.name) || !p.mountsForKubelet()
	})
}

// noClientRuns tells of GlusterFS clients by which the node mounts volumes for pods. One
// may outlive its mount.
func noClientRuns(context.Context) error {
	clients, err := listProcesses(glusterClient)
	clients = slices.DeleteFunc(clients, func(p process) bool { return !p.mountsForKubelet() })
	if err == nil && len(clients) > 0 {
		err = fmt.Errorf("the node has the GlusterFS clients %v, want none", clients)
	}
	return err
}

// mountsForKubelet tells whether a client mounts in kubelet's folder.
func (p process) mountsForKubelet() bool {
	return strings.HasPrefix(p.arguments[len(p.arguments)-1], kubeletDir+"/")
}

func (p process) asksFor(volume string) bool {
	return slices.Contains(p.arguments, "--volfile-id="+volume) || slices.Contains(p.arguments, "--volfile-id=/"+volume)
}

// asks tells whether a client asks a server how its volume is made up.
func (p process) asks(server string) bool {
	return slices.Contains(p.arguments, "--volfile-server="+server)
}

// mountNamespace tells processes of different containers apart.
func (p process) mountNamespace(t *testing.T) string {
	t.Helper()
	namespace, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/mnt", p.id))
	if err != nil {
		t.Fatal(err)
	}
	return namespace
}

func (p process) kill(t *testing.T) {
	t.Helper()
	found, err := os.FindProcess(p.id)
	if err == nil {
		err = found.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// waitUnmounted waits until the node has no mount of a volume any more.
func waitUnmounted(t *testing.T, v volume) {
	t.Helper()
	eventually(t, func(context.Context) error {
		if clients := clientsOf(t, v); len(clients) > 0 {
			return fmt.Errorf("the volume %s still has the clients %v", v.name, clients)
		}
		return nil
	})
}

// nothingIsMounted tells of GlusterFS volumes that the node has mounted for pods.
func nothingIsMounted(context.Context) error {
	mounts, err := mountinfo.GetMounts(func(info *mountinfo.Info) (skip, stop bool) {
		return info.FSType != "fuse.glusterfs" || !strings.HasPrefix(info.Mountpoint, kubeletDir+"/"), false
	})
	var places []string
	for _, mount := range mounts {
		places = append(places, mount.Mountpoint)
	}
	if err == nil && len(places) > 0 {
		err = fmt.Errorf("the node has GlusterFS volumes mounted on %q, want none", places)
	}
	return err
}
