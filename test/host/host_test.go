package host

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// TestStartAndEnd ends a host and starts it again: nothing is left, and then all is there.
func TestStartAndEnd(t *testing.T) {
	m := env.machines[0]
	mounts := m.mounts(t)
	if len(mounts) != 1 {
		t.Fatalf("mounted are %s, want one brick", mounts)
	}
	m.waitMetric(t, `glusterfs_host_bricks{state="running"} 1`)
	if status, _, err := m.ask(t.Context(), "/livez"); status != 200 {
		t.Errorf("/livez answers %d (%v)", status, err)
	}
	m.end(t)
	m.expectNothing(t)
	// A brick's file of before, with the number of a process that runs: glusterd would take the brick for running.
	m.run(t, "for file in $(find /run/gluster -name '*.pid'); do echo 1 > $file; done; find /run/gluster -name '*.pid' | grep brick")
	m.run(t, "sed -i 's/\"version\":\"[^\"]*\"/\"version\":\"9.6\"/' /var/lib/glusterd/glusterfs-host.json")
	m.run(t, "echo person > /var/lib/glusterd/groups/own; rm /var/lib/glusterd/groups/virt")
	m.start(t)
	if again := m.mounts(t); len(again) != 1 || again[0] != mounts[0] {
		t.Errorf("mounted are %s, want %s", again, mounts)
	}
	m.brick(t)
	if groups := m.run(t, "cat /var/lib/glusterd/groups/own /var/lib/glusterd/groups/virt"); groups != "person\nimage" {
		t.Errorf("the groups of options are %q, want a person's own and the image's", groups)
	}
	// Another version ran last, so glusterd has rewritten the files of volumes.
	if mark := m.run(t, "cat /var/lib/glusterd/glusterfs-host.json"); !strings.Contains(mark, `"version":"10.`) {
		t.Errorf("the mark is %s", mark)
	}
	m.run(t, "grep -q 'Having glusterd rewrite its files.* from=.9.6. to=.10' /var/log/glusterfs/glusterfs-host.log")
	if settings := m.run(t, "grep max-port /run/gluster/glusterd.vol"); !strings.HasSuffix(settings, " 50175") {
		t.Errorf("glusterd's settings have %q", settings)
	}
}

// TestHeketiWorks has heketi make and delete a volume on the hosts, which tells that glusterd, LVM and mounts are as
// it needs them.
func TestHeketiWorks(t *testing.T) {
	if _, err := env.heketi.CLI(t.Context(), "volume", "create", "--size=1", "--name=other", "--replica=3"); err != nil {
		t.Fatal(err)
	}
	m := env.machines[0]
	m.waitMetric(t, `glusterfs_host_bricks{state="running"} 2`)
	list, err := env.heketi.CLI(t.Context(), "volume", "list")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(list)) {
		if id, is := strings.CutPrefix(strings.Fields(line)[0], "Id:"); is && strings.Contains(line, "Name:other") {
			if _, err := env.heketi.CLI(t.Context(), "volume", "delete", id); err != nil {
				t.Fatal(err)
			}
		}
	}
	m.waitMetric(t, `glusterfs_host_bricks{state="running"} 1`)
	if mounts := m.mounts(t); len(mounts) != 1 {
		t.Errorf("mounted are %s, want one brick", mounts)
	}
}

// TestProgramsForHeketi runs what the image has for heketi, beside what GlusterFS has.
func TestProgramsForHeketi(t *testing.T) {
	m := env.machines[0]
	image := filepath.Join(env.root, "host", "image")
	m.run(t, image+"/systemctl status glusterd")
	if output := m.run(t, image+"/systemctl restart sshd 2>&1 || echo status $?"); !strings.Contains(output, "only \"status glusterd\" is answered here") || !strings.Contains(output, "status 1") {
		t.Errorf("systemctl says %s", output)
	}
	if ours, first := m.run(t, "unshare --mount "+image+"/lvm-wrapper readlink /proc/self/ns/mnt"), m.run(t, "readlink /proc/1/ns/mnt"); ours != first {
		t.Errorf("LVM would run in %s, and the machine's first process is in %s", ours, first)
	}
	if err := m.PauseGlusterd(t.Context()); err != nil {
		t.Fatal(err)
	}
	if output := m.run(t, "timeout 3 "+image+"/systemctl status glusterd || echo status $?"); !strings.HasPrefix(output, "status ") {
		t.Errorf("systemctl says %s of a glusterd that hangs", output)
	}
	if err := m.ResumeGlusterd(t.Context()); err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, soon, m.ready)
}

// TestPreflight looks at a host that has GlusterFS already, and at devices.
func TestPreflight(t *testing.T) {
	m := env.machines[0]
	preflight := strings.Replace(strings.Split(m.command(), " --lvm")[0], " run ", " preflight ", 1) + " --lvm-wrapper=/run/bin/lvm-wrapper --skip=modules,lvm,thin-tools"
	used := m.run(t, "cd /run && truncate --size=400M used && mkfs.xfs -q used && losetup --find --show used")
	empty := m.run(t, "cd /run && truncate --size=400M empty && losetup --find --show empty")
	t.Cleanup(func() {
		if _, err := m.Run(context.Background(), "losetup --detach "+used+" "+empty); err != nil {
			t.Error(err)
		}
	})
	output := m.run(t, preflight+" --devices="+used+","+empty+",/dev/sdb 2>&1; echo status $?")
	for _, want := range []string{
		"glusterd: a GlusterFS runs on the node already: glusterd (process ", "ports: port 24007 is taken by glusterd (process ",
		"ports: port 29608 is taken by glusterfs-host (process ", "devices: device " + used + " is not empty: it has xfs",
		"devices: device /dev/sdb: it is no block device", "client: the node has no mount.glusterfs", "status 1",
	} {
		if !strings.Contains(output, want) {
			t.Errorf("it does not say %q: %s", want, output)
		}
	}
	for _, unwanted := range []string{"device " + empty, "left-overs:", "xfs: ", "node-name: "} {
		if strings.Contains(output, unwanted) {
			t.Errorf("it says %q: %s", unwanted, output)
		}
	}
	if output := m.run(t, preflight+",glusterd,ports --devices="+empty); !strings.Contains(output, "this node can be a host of GlusterFS") {
		t.Errorf("it says %s", output)
	}
}
