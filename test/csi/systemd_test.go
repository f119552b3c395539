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

	"glusterfs-provisioner/test/bench"
)

// TestClientIsInAScope runs the plugin on a node with a systemd: the client is in a
// scope of its own, and survives the plugin's container.
func TestClientIsInAScope(t *testing.T) {
	p := startPluginOn(t, startSystemd(t))
	v := newVolume(t)
	if err := p.stage(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	client := clientOf(t, p.stagingPath(v))
	if cgroups := processInfo(t, client, "cgroup"); !strings.Contains(cgroups, "/system.slice/run-") || !strings.Contains(cgroups, ".scope") {
		t.Errorf("the client is in the cgroups %s", cgroups)
	}
	if slices.Contains(p.processes(t), client) {
		t.Error("the client is in one of the plugin's cgroups")
	}
	p.killContainer(t)
	p.start(t)
	if err := p.publish(t.Context(), v, "pod", false); err != nil {
		t.Error(err)
	}
	if now := clientOf(t, p.stagingPath(v)); now != client {
		t.Errorf("the volume is served by process %d, before by %d", now, client)
	}
	if err := p.unpublish(t.Context(), v, "pod"); err != nil {
		t.Error(err)
	}
	if err := p.unstage(t.Context(), v); err != nil {
		t.Error(err)
	}
	waitForNoClient(t, p.stagingPath(v))
}

// systemd is run by a shell in namespaces of its own, where /sys/fs/cgroup has what
// systemd wants, and $0 is the folder with its only unit. None of the machine's units
// is started.
const systemd = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run/systemd
umount --recursive /sys/fs/cgroup
mount -t tmpfs tmpfs /sys/fs/cgroup
for controller in $(awk '$2 + 0 > 0 { print $1 }' /proc/cgroups); do
	mkdir /sys/fs/cgroup/$controller
	mount -t cgroup -o $controller cgroup /sys/fs/cgroup/$controller
done
mkdir /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd,xattr cgroup /sys/fs/cgroup/systemd
exec env -i container=lxc SYSTEMD_UNIT_PATH="$0" PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd --system --unit=nothing.target --log-target=console`

// startSystemd starts a systemd as the first process of a node, which ends with the
// test. It returns a command that runs what follows there.
func startSystemd(t *testing.T) []string {
	t.Helper()
	units := t.TempDir()
	if err := os.WriteFile(filepath.Join(units, "nothing.target"), []byte("[Unit]\nDefaultDependencies=no\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("/run/systemd", 0o755); err != nil {
		t.Fatal(err)
	}
	process, err := bench.StartProcess(t.Context(), bench.ProcessOptions{
		Path: "sh",
		Args: []string{"-c", enter, env.cgroup,
			"unshare", "--pid", "--mount", "--ipc", "--cgroup", "--fork", "--kill-child", "--mount-proc", "sh", "-c", systemd, units},
		Log: filepath.Join(env.logs, "systemd.log"),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = process.Kill() })
	var first string
	bench.Eventually(t, patience, func(ctx context.Context) error {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", process.PID(), process.PID()))
		if err != nil {
			return bench.Final(fmt.Errorf("systemd has not started: %w: %s", err, process.Output()))
		}
		if first = strings.TrimSpace(string(children)); first == "" {
			return fmt.Errorf("it has not started yet")
		}
		_, err = bench.Run(ctx, nil, "nsenter", "--all", "--target", first, "--", "systemctl", "is-system-running", "--wait")
		return err
	})
	if _, err := strconv.Atoi(first); err != nil {
		t.Fatal(err)
	}
	return []string{"nsenter", "--pid", "--mount", "--ipc", "--target", first, "--"}
}
