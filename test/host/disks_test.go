package host

import (
	"context"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
)

// TestFaultBrickFolderOnRootDisk has a folder with a brick's path on the node's own disk, as people make it whom gluster tells
// that it cannot find the brick's folder: the brick is not started there, whatever gluster is asked for, and nothing is written to it.
func TestFaultBrickFolderOnRootDisk(t *testing.T) {
	m, other := env.machines[0], env.machines[1]
	path, device := m.mounts(t)[0], m.device(t)
	m.end(t)
	m.run(t, "file=$(readlink "+device+") && mv $file $file.away; mkdir "+path+"/brick")
	if err := m.launch(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.waitNotReady(t, "[-]bricks failed: brick "+path+"/brick of volume "+volume+": it is not mounted: its device is not there")
	m.waitMetric(t, "glusterfs_host_glusterd_up 1")
	other.run(t, "gluster --mode=script volume start "+volume+" force")
	if output := m.run(t, "mkdir "+path+"/brick 2>&1 || true"); !strings.Contains(output, "Read-only file system") {
		t.Errorf("a person can make the folder of a brick that is not mounted: %s", output)
	}
	if running := m.run(t, "pgrep -x glusterfsd || true"); running != "" {
		t.Errorf("gluster runs the brick on the node's own disk: %s", running)
	}

	m.run(t, "file=$(readlink "+device+") && mv $file.away $file")
	bench.Eventually(t, soon, m.ready)
	m.brick(t)
	m.end(t)
	m.expectNothing(t)
	if written := m.run(t, "ls -A "+path+"/brick; getfattr --absolute-names --dump --match=- "+path+"/brick"); written != "" {
		t.Errorf("the node's own disk has %s", written)
	}
	m.run(t, "rmdir "+path+"/brick")
	m.start(t)
}

// TestFaultDiskHangs has a disk that answers nothing, neither at the start nor at the end: glusterd runs all the same, and the host says
// what is missing and ends. When the disk answers, its brick is started.
func TestFaultDiskHangs(t *testing.T) {
	m := env.machines[1]
	path, device := m.mounts(t)[0], m.device(t)
	// The disk, with a journal to be read, moves to a file system that can be frozen, with which its disk hangs.
	m.run(t, "cd /run && truncate --size=3G slow.img && mkfs.ext4 -q slow.img && mkdir slow && mount -o loop slow.img slow")
	m.run(t, "echo x > "+path+"/journal; sync --file-system "+path+"/journal; cp --sparse=always $(readlink "+device+") /run/slow/disk; rm "+path+"/journal")
	m.end(t)
	m.run(t, "file=$(readlink "+device+") && mv $file $file.away && ln -s /run/slow/disk $file; fsfreeze --freeze /run/slow")
	t.Cleanup(func() {
		_, _ = m.Run(context.Background(), "fsfreeze --unfreeze /run/slow") // It may not be frozen.
	})
	if err := m.launch(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.waitNotReady(t, "[-]bricks failed: brick "+path+"/brick of volume "+volume+": it is not mounted: it is under way, and has not ended in time; a disk may not answer", "[+]glusterd ok")
	m.waitMetric(t, "glusterfs_host_glusterd_up 1")
	if tries := m.run(t, "pgrep --count --exact mount"); tries != "1" {
		t.Errorf("%s mounts wait for one disk", tries)
	}
	m.run(t, "fsfreeze --unfreeze /run/slow")
	bench.Eventually(t, soon, m.ready)
	m.brick(t)

	m.run(t, "echo x > "+path+"/journal; fsfreeze --freeze /run/slow")
	m.end(t)
	m.run(t, "fsfreeze --unfreeze /run/slow")
	bench.Eventually(t, soon, func(ctx context.Context) error {
		_, err := m.Run(ctx, "! pgrep -l '^(umount|glusterfsd)$' && { ! grep "+path+" /proc/mounts || umount "+path+"; }")
		return err
	})
	m.expectNothing(t)
	m.run(t, "file=$(readlink "+device+") && mv $file.away $file; umount /run/slow && rm /run/slow.img")
	m.start(t)
}

// device is that of the volume's brick, by its name in /dev/mapper.
func (m machine) device(t *testing.T) string {
	t.Helper()
	return m.run(t, "awk '/brick_/ { print $1 }' /var/lib/heketi/fstab")
}
