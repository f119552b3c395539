package csi

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"glusterfs-provisioner/node/client"
	"glusterfs-provisioner/test/bench"
)

// TestClientIsInAScope runs the plugin on a node with a systemd, on each version of cgroups: the
// client is in a scope of its own, with a bound on its memory, and survives the plugin's container.
func TestClientIsInAScope(t *testing.T) {
	t.Run("v1", func(t *testing.T) { clientIsInAScope(t, startSystemd(t, env.cgroup, legacyCgroups)) })
	t.Run("v2", func(t *testing.T) { clientIsInAScope(t, startSystemd(t, env.cgroup.unified(t), unified)) })
}

func clientIsInAScope(t *testing.T, node machine) {
	t.Helper()
	p := startPluginOn(t, node, "--client-memory-max=512Mi")
	v := newVolume(t)
	if err := p.stage(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	served := clientOf(t, p.stagingPath(v))
	cgroups := processInfo(t, served, "cgroup")
	scope := regexp.MustCompile(`/glusterfs\.slice/glusterfs-csi\.slice/(run-[^/]+\.scope)`).FindStringSubmatch(cgroups)
	if scope == nil {
		t.Fatalf("the client is in the cgroups %s", cgroups)
	}
	for _, want := range []string{"MemoryMax=536870912", "CollectMode=inactive-or-failed", "Description=GlusterFS volume " + v.name, "ActiveState=active"} {
		if properties := node.run(t, "systemctl", "show", scope[1]); !strings.Contains(properties, want+"\n") {
			t.Errorf("%s does not have %s:\n%s", scope[1], want, properties)
		}
	}
	p.mustNotContain(t, served)
	p.killContainer(t)
	p.start(t)
	if err := p.publish(t.Context(), v, "pod", false); err != nil {
		t.Error(err)
	}
	if now := clientOf(t, p.stagingPath(v)); now != served {
		t.Errorf("the volume is served by process %d, before by %d", now, served)
	}
	if err := p.unpublish(t.Context(), v, "pod"); err != nil {
		t.Error(err)
	}
	if err := p.unstage(t.Context(), v); err != nil {
		t.Error(err)
	}
	waitForNoClient(t, p.stagingPath(v))
}

// TestSystemdDoesNotAnswer has a systemd that hangs. Volumes are mounted without a scope, and
// clients survive the plugin's container nevertheless.
func TestSystemdDoesNotAnswer(t *testing.T) {
	node := startSystemd(t, env.cgroup, legacyCgroups)
	p := startPluginOn(t, node)
	v := newVolume(t)
	if err := syscall.Kill(node.first, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(node.first, syscall.SIGCONT) })
	start := time.Now()
	if err := p.stage(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	process := clientOf(t, p.stagingPath(v))
	p.mustNotContain(t, process)
	if cgroups := processInfo(t, process, "cgroup"); strings.Contains(cgroups, client.Slice) {
		t.Errorf("the client is in the cgroups %s", cgroups)
	}
	if err := syscall.Kill(node.first, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := p.unstage(t.Context(), v); err != nil {
		t.Error(err)
	}
}

// legacyCgroups and unified have /sys/fs/cgroup have what systemd wants for the first and for
// the second version of cgroups.
const (
	legacyCgroups = `mount -t tmpfs tmpfs /sys/fs/cgroup
for controller in $(awk '$2 + 0 > 0 { print $1 }' /proc/cgroups); do
	mkdir /sys/fs/cgroup/$controller
	mount -t cgroup -o $controller cgroup /sys/fs/cgroup/$controller
done
mkdir /sys/fs/cgroup/systemd
mount -t cgroup -o none,name=systemd,xattr cgroup /sys/fs/cgroup/systemd`
	unified = `mount -t cgroup2 cgroup2 /sys/fs/cgroup`
)

// startSystemd starts a node with a systemd, in namespaces of its own. None of the machine's
// units is started.
func startSystemd(t *testing.T, in cgroup, hierarchies string) machine {
	t.Helper()
	units := t.TempDir()
	if err := os.WriteFile(filepath.Join(units, "nothing.target"), []byte("[Unit]\nDefaultDependencies=no\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("/run/systemd", 0o755); err != nil {
		t.Fatal(err)
	}
	script := `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs /run/systemd
umount --recursive /sys/fs/cgroup
` + hierarchies + `
exec env -i container=lxc SYSTEMD_UNIT_PATH="$0" PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	/lib/systemd/systemd --system --unit=nothing.target --log-target=console`
	return startMachine(t, in, script, []string{units}, func(ctx context.Context, on []string) error {
		_, err := bench.Run(ctx, nil, on[0], append(on[1:], "systemctl", "is-system-running", "--wait")...)
		return err
	})
}
