package host

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// startFormer starts GlusterFS as a container with systemd does, without glusterfs-host: heketi's list of mounts, then glusterd.
func (m machine) startFormer(t *testing.T) {
	t.Helper()
	m.run(t, "rm -f /var/lib/glusterd/glusterfs-host.json; rm -rf /run/gluster/*; mount --all --fstab /var/lib/heketi/fstab")
	m.run(t, "setsid --fork glusterd --no-daemon > /dev/null 2>&1 < /dev/null")
}

// endFormer ends all of that, as the end of the container does, and leaves the clients that pods have on the node.
func (m machine) endFormer(t *testing.T) {
	t.Helper()
	m.run(t, "pkill -KILL -x 'glusterd|glusterfsd'; pkill -KILL -f '[g]lustershd' || true")
	for _, path := range m.mounts(t) {
		m.run(t, "timeout 60 sh -c 'until umount "+path+"; do sleep 0.1; done'")
	}
}

// waitWhole waits until all bricks run and nothing is to be healed.
func waitWhole(t *testing.T) {
	t.Helper()
	m := env.machines[0]
	bench.Eventually(t, soon, func(ctx context.Context) error {
		healing, err := m.Run(ctx, "gluster volume heal "+volume+" info")
		if err == nil && strings.Count(healing, "Number of entries: 0\n") != len(env.machines) {
			err = fmt.Errorf("not all has healed: %s", healing)
		}
		return err
	})
}

// TestFormerHostsGoOn goes through step 5 of docs/from-gk-deploy.md: one host after the other becomes one of glusterfs-host,
// while a client writes. It also reads heketi's database from a volume as step 4 does.
func TestFormerHostsGoOn(t *testing.T) {
	for _, m := range env.machines {
		m.end(t)
	}
	for _, m := range env.machines {
		m.startFormer(t)
	}
	waitWhole(t)
	client := env.machines[0]
	const folder = "/run/client"
	client.run(t, "mkdir "+folder+" && mount -t glusterfs localhost:/"+volume+" "+folder)
	t.Cleanup(func() {
		if _, err := client.Run(context.Background(), "umount "+folder+" && rmdir "+folder); err != nil {
			t.Error(err)
		}
	})
	client.run(t, "echo database > "+folder+"/heketi.db")
	if read := client.run(t, "mkdir -p /tmp/db && mount -t glusterfs localhost:/"+volume+" /tmp/db && cat /tmp/db/heketi.db && umount /tmp/db"); read != "database" {
		t.Errorf("the database is %q", read)
	}

	var want []string
	for _, m := range env.machines {
		file := "while-" + m.Name()
		m.endFormer(t)
		client.run(t, "echo "+file+" > "+folder+"/"+file)
		want = append(want, file)
		m.fails(t, nil, "refusing to start: left-overs: ", "not made by this")
		m.start(t, "--skip=left-overs")
		waitWhole(t)
	}
	for _, m := range env.machines {
		for _, file := range want {
			if has := m.run(t, "cat "+m.mounts(t)[0]+"/brick/"+file); has != file {
				t.Errorf("the brick of %s has %q in %s", m.Name(), has, file)
			}
		}
	}
}
