package csi

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// TestOtherContainersHaveTheMounts starts a container that gets all mounts of the node, such
// as one that looks at the node's disks, and does not learn of what is unmounted later. That
// keeps the client of a volume that is unstaged. The volume can be staged again meanwhile, and
// when the container ends, nothing is left.
func TestOtherContainersHaveTheMounts(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	write(t, p.use(t, v, "first"), "file")
	other := startWithAllMounts(t)
	p.end(t, v, "first")

	mustHaveFile(t, p.use(t, v, "second"))
	p.end(t, v, "second")
	if err := other.Kill(); err != nil {
		t.Fatal(err)
	}
	waitForNoClient(t, p.stagingPath(v))
}

// startWithAllMounts starts a process that has a copy of all mounts.
func startWithAllMounts(t *testing.T) *bench.Process {
	t.Helper()
	process, err := bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: "unshare", Args: []string{"--mount", "--propagation=private", "sleep", "infinity"},
		Log: filepath.Join(env.logs, strings.ToLower(t.Name())+"-other.log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Kill() })
	bench.Eventually(t, patience, func(context.Context) error {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", process.PID()))
		if err == nil && string(name) != "sleep\n" {
			err = fmt.Errorf("it is still %s", name)
		}
		return err
	})
	return process
}
