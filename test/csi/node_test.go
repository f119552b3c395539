package csi

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
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		// A process that is gone by now is not looked for.
		text, _ := os.ReadFile(file)
		arguments := strings.Split(strings.TrimRight(string(text), "\x00"), "\x00")
		if filepath.Base(arguments[0]) == "glusterfs" && slices.Contains(arguments, stagingPath) {
			process, err := strconv.Atoi(strings.Split(file, "/")[2])
			if err != nil {
				t.Fatal(err)
			}
			return process
		}
	}
	return 0
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
	process, err := os.FindProcess(client)
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Kill(); err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, patience, func(context.Context) error {
		if clientOf(t, stagingPath) == client {
			return fmt.Errorf("client %d is still there", client)
		}
		return nil
	})
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
