package host

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// TestFaultGlusterdDies kills glusterd: its bricks go on, and it comes back.
func TestFaultGlusterdDies(t *testing.T) {
	m := env.machines[0]
	before := m.brick(t)
	m.run(t, "pkill -KILL -x glusterd")
	m.waitMetric(t, "glusterfs_host_glusterd_restarts_total 1")
	bench.Eventually(t, soon, m.ready)
	if after := m.brick(t); after != before {
		t.Errorf("the brick's process was %s and is %s", before, after)
	}
	// It knows the brick again: it can end it and start it.
	m.run(t, "gluster --mode=script volume status "+volume+" | grep -q "+before)
}

// TestFaultPortIsForgotten changes the volume while a host's glusterd does not reach the others. When they meet again, it takes the change over,
// starts its brick anew, on another port, and does not write that down. When it dies then, clients still find the brick.
func TestFaultPortIsForgotten(t *testing.T) {
	m, other := env.machines[0], env.machines[1]
	before := m.brick(t)
	// Both sides are told at once that the connection is gone.
	const peers = " -p tcp --tcp-flags RST NONE -m multiport --ports 24007 -j REJECT --reject-with tcp-reset"
	m.run(t, "iptables -I INPUT ! -i lo"+peers+" && iptables -I OUTPUT ! -o lo"+peers)
	bench.Eventually(t, soon, func(ctx context.Context) error {
		// It fails until each side has noticed.
		_, err := other.Run(ctx, "gluster --mode=script volume set "+volume+" user.changed yes && gluster pool list | grep -q Disconnected")
		return err
	})
	m.run(t, "iptables -F")
	bench.Eventually(t, soon, func(ctx context.Context) error {
		if again, err := m.Run(ctx, "pgrep -x glusterfsd"); err != nil || strings.TrimSpace(again) == before {
			return fmt.Errorf("the brick's process is still %s (%w)", before, err)
		}
		return m.ready(ctx)
	})

	m.run(t, "pkill -KILL -x glusterd")
	bench.Eventually(t, soon, func(ctx context.Context) error {
		if err := m.ready(ctx); err != nil {
			return err
		}
		return other.everyClientReachesEveryBrick(ctx)
	})
	other.run(t, "mkdir -p /run/client && mount -t glusterfs "+other.Address()+":/"+volume+" /run/client")
	bench.Eventually(t, soon, other.everyClientReachesEveryBrick)
	other.run(t, "umount /run/client")
}

// TestFaultGlusterdDoesNotAnswer stops glusterd as it is: the host says so, and nothing is ended.
func TestFaultGlusterdDoesNotAnswer(t *testing.T) {
	m := env.machines[1]
	before := m.brick(t)
	if err := m.PauseGlusterd(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.waitNotReady(t, "glusterd does not answer")
	if status, _, err := m.ask(t.Context(), "/livez"); status != 200 {
		t.Errorf("/livez answers %d (%v)", status, err)
	}
	if err := m.ResumeGlusterd(t.Context()); err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, soon, m.ready)
	if after := m.brick(t); after != before {
		t.Errorf("the brick's process was %s and is %s", before, after)
	}
}

// TestFaultBrickDies kills a brick: the host says which, until it is started.
func TestFaultBrickDies(t *testing.T) {
	m := env.machines[0]
	path := m.mounts(t)[0]
	m.run(t, "pkill -KILL -x glusterfsd")
	m.waitNotReady(t, "brick "+path+"/brick of volume "+volume+": it does not run", "gluster volume start "+volume+" force")
	m.waitMetric(t, `glusterfs_host_bricks{state="down"} 1`)
	m.run(t, "gluster --mode=script volume start "+volume+" force")
	bench.Eventually(t, soon, m.ready)
	if zombies := m.run(t, "ps -eo stat,comm | grep ^Z || true"); zombies != "" {
		t.Errorf("there are zombies: %s", zombies)
	}
}

// TestFaultBrickIsNotListed takes a brick out of heketi's list of mounts, as heketi does when it cleans up an
// expansion that gluster has finished: the brick is mounted all the same.
func TestFaultBrickIsNotListed(t *testing.T) {
	m := env.machines[0]
	mounts := m.mounts(t)
	m.end(t)
	m.run(t, "cp /var/lib/heketi/fstab /run/fstab; sed -i /brick_/d /var/lib/heketi/fstab")
	m.start(t)
	if again := m.mounts(t); len(again) != 1 || again[0] != mounts[0] {
		t.Errorf("mounted are %s, want %s", again, mounts)
	}
	if options := m.run(t, "grep "+mounts[0]+" /proc/mounts"); !strings.Contains(options, "nouuid") || !strings.Contains(options, "noatime") {
		t.Errorf("it is mounted as %s", options)
	}
	m.brick(t)
	m.run(t, "cp /run/fstab /var/lib/heketi/fstab")
}

// TestFaultListedBrickIsGone has a brick in heketi's list of mounts that neither gluster nor LVM has, as after a crash of
// heketi: nothing is waited for, and nothing is wrong with the host.
func TestFaultListedBrickIsGone(t *testing.T) {
	m := env.machines[0]
	group, brick := "vg_"+strings.Repeat("a", 32), "brick_"+strings.Repeat("b", 32)
	m.end(t)
	m.run(t, fmt.Sprintf("echo /dev/mapper/%s-%s /var/lib/heketi/mounts/%s/%s xfs rw 1 2 >> /var/lib/heketi/fstab", group, brick, group, brick))
	m.start(t)
	m.waitMetric(t, `glusterfs_host_bricks{state="running"} 1`)
	m.waitMetric(t, `glusterfs_host_bricks{state="not_mounted"} 0`)
	m.run(t, "sed -i /"+brick+"/d /var/lib/heketi/fstab")
}

// TestFaultDiskComesLate starts a host one of whose disks is not there yet: glusterd runs, the host says what is
// missing, the volume goes on, and when the disk comes, its brick is started.
func TestFaultDiskComesLate(t *testing.T) {
	m, other := env.machines[0], env.machines[1]
	path := m.mounts(t)[0]
	device := m.device(t)
	m.end(t)
	m.run(t, "file=$(readlink "+device+") && mv $file $file.away")
	if err := m.launch(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.waitNotReady(t, "[-]bricks failed: brick "+path+"/brick of volume "+volume+": it is not mounted: its device is not there", device)
	m.waitMetric(t, `glusterfs_host_bricks{state="not_mounted"} 1`)
	m.waitMetric(t, "glusterfs_host_glusterd_up 1")
	other.run(t, "mkdir -p /run/client && mount -t glusterfs "+other.Address()+":/"+volume+" /run/client && echo data > /run/client/written && umount /run/client")

	m.run(t, "file=$(readlink "+device+") && mv $file.away $file")
	bench.Eventually(t, soon, m.ready)
	m.brick(t)
	bench.Eventually(t, soon, func(ctx context.Context) error {
		_, err := m.Run(ctx, "gluster --mode=script volume heal "+volume+" >/dev/null; grep -q data "+path+"/brick/written")
		return err
	})
}

// TestFaultLogGrows has the logs of glusterd and of a brick grow: they are begun anew, and the processes go on with the
// new ones.
func TestFaultLogGrows(t *testing.T) {
	m := env.machines[1]
	before := m.brick(t)
	log := "/var/log/glusterfs/bricks/" + strings.ReplaceAll(strings.TrimPrefix(m.mounts(t)[0], "/"), "/", "-") + "-brick.log"
	for _, file := range []string{log, "/var/log/glusterfs/glusterd.log"} {
		m.run(t, "dd if=/dev/zero bs=1M count=2 status=none >> "+file)
		bench.Eventually(t, soon, func(ctx context.Context) error {
			// They open them when they have something to tell.
			_, err := m.Run(ctx, "gluster --mode=script volume set "+volume+" diagnostics.brick-log-level INFO; gluster --mode=script volume status "+volume+" detail >/dev/null; "+
				"[ $(stat -c %s "+file+".1) -gt 2000000 ] && [ -s "+file+" ] && [ $(stat -c %s "+file+") -lt 1000000 ]")
			return err
		})
	}
	if after := m.brick(t); after != before {
		t.Errorf("the brick's process was %s and is %s", before, after)
	}
	bench.Eventually(t, soon, m.ready)
}

// TestFaultLeftOvers starts hosts on GlusterFS that is not theirs.
func TestFaultLeftOvers(t *testing.T) {
	m := env.machines[2]
	m.end(t)
	id := m.run(t, "sed -n s/^UUID=//p /var/lib/glusterd/glusterd.info")
	certificate := func(name string) string {
		m.run(t, "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN="+name+" -keyout /dev/null -out /run/"+name+".crt 2>&1")
		return "--cluster-ca=/run/" + name + ".crt"
	}
	here, elsewhere := certificate("here"), certificate("elsewhere")
	m.start(t, here)
	m.end(t)
	mark := m.run(t, "cat /var/lib/glusterd/glusterfs-host.json")
	for _, test := range []struct {
		name, command string
		flags         []string
		says          string
	}{
		{"another node's", "true", []string{"--node-name=other"}, `made for the node "` + m.Name() + `", and this one is "other"`},
		{"another cluster's", "true", []string{elsewhere}, "made in another Kubernetes cluster"},
		{"nobody's", "rm /var/lib/glusterd/glusterfs-host.json", []string{here}, "not made by this: its id is " + id + ", it has 2 peers and 1 volumes (" + volume + ")"},
		{"lost by half", "mkdir /run/away && mv /var/lib/glusterd/* /run/away/", []string{here}, "heketi's list of mounts has 1 bricks, and glusterd's store is empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m.run(t, test.command)
			m.fails(t, test.flags, "refusing to start: left-overs: ", test.says, "docs/glusterfs-host.md#clearing-a-node", "--skip=left-overs")
			m.expectNothing(t)
			m.run(t, "[ ! -d /run/away ] || { mv /run/away/* /var/lib/glusterd/ && rmdir /run/away; }; echo '"+mark+"' > /var/lib/glusterd/glusterfs-host.json")
		})
	}
	// Whoever knows better goes on with it, and need not say so again.
	m.run(t, "rm /var/lib/glusterd/glusterfs-host.json")
	m.start(t, here, "--skip=left-overs")
	m.end(t)
	m.start(t, here)
}

// TestFaultSecondGlusterd starts a host where GlusterFS runs already: that goes on.
func TestFaultSecondGlusterd(t *testing.T) {
	m := env.machines[2]
	before := m.brick(t)
	m.fails(t, []string{"--http-address="}, "refusing to start: glusterd: a GlusterFS runs on the node already: glusterd (process ", "port 24007 is taken by glusterd (process ")
	if after := m.brick(t); after != before || m.ready(t.Context()) != nil {
		t.Errorf("the brick's process was %s and is %s (%v)", before, after, m.ready(t.Context()))
	}
}
