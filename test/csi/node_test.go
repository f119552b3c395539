package csi

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/moby/sys/mountinfo"

	"glusterfs-provisioner/test/bench"
)

// mountsAt is how many mounts the node has at a path, one over the other.
func mountsAt(t *testing.T, path string) int {
	t.Helper()
	mounts, err := mountinfo.GetMounts(func(info *mountinfo.Info) (skip, stop bool) { return info.Mountpoint != path, false })
	if err != nil {
		t.Fatal(err)
	}
	return len(mounts)
}

// clientOf is the process that serves what a volume is staged as; 0 if there is none.
func clientOf(t *testing.T, stagingPath string) int {
	t.Helper()
	for _, client := range clientsOf(t, stagingPath) {
		return client
	}
	return 0
}

// clientsOf are the processes that were started to serve what a volume is staged as.
func clientsOf(t *testing.T, stagingPath string) []int {
	t.Helper()
	var found []int
	for process, arguments := range commandLines(t) {
		if filepath.Base(arguments[0]) == "glusterfs" && slices.Contains(arguments, stagingPath) {
			found = append(found, process)
		}
	}
	return found
}

// waitForNoClient waits until no process serves a staged volume.
func waitForNoClient(t *testing.T, stagingPath string) {
	t.Helper()
	bench.Eventually(t, patience, func(context.Context) error {
		if client := clientOf(t, stagingPath); client != 0 {
			return fmt.Errorf("client %d is still there", client)
		}
		return nil
	})
}

// killClient kills the process that serves a staged volume.
func killClient(t *testing.T, stagingPath string) {
	t.Helper()
	client := clientOf(t, stagingPath)
	if client == 0 {
		t.Fatalf("no client serves %s", stagingPath)
	}
	kill(t, client)
}

// kill kills a process and waits for its end.
func kill(t *testing.T, process int) {
	t.Helper()
	if err := syscall.Kill(process, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	mustEnd(t, process)
}

// text is what files of volumes contain.
const text = "text"

func write(t *testing.T, folder, name string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
		t.Error(err)
	}
}

// mustHaveFile reads what was written to "file".
func mustHaveFile(t *testing.T, folder string) {
	t.Helper()
	if got, err := os.ReadFile(filepath.Join(folder, "file")); string(got) != text || err != nil {
		t.Errorf("the file in %s is %q, %v; want %q", folder, got, err, text)
	}
}
