package csi

import (
	"context"
	"errors"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// unifiedCgroups has a node know only the second version of cgroups.
const unifiedCgroups = `set -e
mount --make-rprivate /
umount --recursive /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec sleep infinity`

// TestClientLeavesTheUnifiedCgroup runs the plugin on a node that has the second version
// of cgroups and no systemd: the client is in the cgroup of the node's first process, and
// survives the plugin's container.
func TestClientLeavesTheUnifiedCgroup(t *testing.T) {
	node := startMachine(t, env.cgroup.unified(t), unifiedCgroups, nil, func(ctx context.Context, on []string) error {
		mounts, err := bench.Run(ctx, nil, on[0], append(on[1:], "cat", "/proc/mounts")...)
		if err == nil && (!strings.Contains(string(mounts), "cgroup2 /sys/fs/cgroup cgroup2") || strings.Contains(string(mounts), " cgroup ")) {
			err = errors.New("its cgroups are not mounted yet")
		}
		return err
	})
	p := startPluginOn(t, node)
	v := newVolume(t)
	pod := p.use(t, v, "pod")
	client := clientOf(t, p.stagingPath(v))
	p.mustNotContain(t, client)
	p.killContainer(t)
	node.run(t, "sh", "-ec", "echo kept > "+pod+"/file")
	p.start(t)
	if err := p.publish(t.Context(), v, "pod", false); err != nil {
		t.Error(err)
	}
	if got := node.run(t, "cat", pod+"/file"); got != "kept\n" {
		t.Errorf("the pod reads %q", got)
	}
	if now := clientOf(t, p.stagingPath(v)); now != client {
		t.Errorf("the volume is served by process %d, before by %d", now, client)
	}
}
