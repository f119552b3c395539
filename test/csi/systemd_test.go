package csi

import (
	"context"
	"os"
	"path/filepath"
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
	p.mustNotContain(t, client)
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

// startSystemd starts a node with a systemd.
func startSystemd(t *testing.T) machine {
	t.Helper()
	units := t.TempDir()
	if err := os.WriteFile(filepath.Join(units, "nothing.target"), []byte("[Unit]\nDefaultDependencies=no\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("/run/systemd", 0o755); err != nil {
		t.Fatal(err)
	}
	return startMachine(t, env.cgroup, systemd, []string{units}, func(ctx context.Context, on []string) error {
		_, err := bench.Run(ctx, nil, on[0], append(on[1:], "systemctl", "is-system-running", "--wait")...)
		return err
	})
}
