package host

import (
	"strings"
	"testing"
)

// TestFaultFilesAreEmpty empties files of glusterd, as a power cut or a full disk does: what can be known otherwise is mended, and of the
// rest the host says which it is.
func TestFaultFilesAreEmpty(t *testing.T) {
	m := env.machines[2]
	empty := func(files string) {
		m.run(t, "cd /var/lib/glusterd && for file in "+files+"; do [ -s $file ] && : > $file || exit 1; done")
	}
	t.Run("what bricks and clients are given", func(t *testing.T) {
		m.end(t)
		empty("vols/" + volume + "/*.vol")
		m.start(t)
		m.brick(t)
	})
	t.Run("the id of the host", func(t *testing.T) {
		info := m.run(t, "cat /var/lib/glusterd/glusterd.info")
		m.end(t)
		empty("glusterd.info")
		m.start(t)
		m.brick(t)
		if again := m.run(t, "cat /var/lib/glusterd/glusterd.info"); again != info {
			t.Errorf("glusterd is known by %q, and was by %q", again, info)
		}
		// Of a host whose id is noted nowhere, a person has to say it.
		m.end(t)
		empty("glusterd.info")
		m.run(t, "sed -i 's/\"uuid\":\"[^\"]*\",//' /var/lib/glusterd/glusterfs-host.json")
		m.fails(t, nil, "refusing to start: glusterd-id: /var/lib/glusterd/glusterd.info has no UUID", "docs/glusterfs-host.md#damaged-files")
		m.expectNothing(t)
		m.run(t, "echo '"+info+"' > /var/lib/glusterd/glusterd.info")
		m.start(t)
	})
	for _, test := range []struct{ name, file, mend string }{
		{"a volume", "vols/" + volume + "/info", "rm -r /var/lib/glusterd/vols/" + volume},
		{"a brick", "$(ls -d vols/" + volume + "/bricks/* | head -1)", "rm -r /var/lib/glusterd/vols/" + volume},
	} {
		t.Run(test.name, func(t *testing.T) {
			m.end(t)
			file := m.run(t, "cd /var/lib/glusterd && echo "+test.file)
			empty(file)
			if err := m.launch(t.Context()); err != nil {
				t.Fatal(err)
			}
			m.waitNotReady(t, file+": it is empty or cut", "[-]glusterd failed: glusterd does not run")
			m.end(t)
			// glusterd gets the volume from its peers.
			m.run(t, test.mend)
			m.start(t)
			m.waitMetric(t, `glusterfs_host_bricks{state="running"} 1`)
		})
	}
}

// TestFaultMountsBelowRun has something mounted where each start empties a folder: its files stay.
func TestFaultMountsBelowRun(t *testing.T) {
	m := env.machines[2]
	m.end(t)
	m.run(t, "mkdir -p /run/gluster/shared_storage && mount -t tmpfs tmpfs /run/gluster/shared_storage && echo data > /run/gluster/shared_storage/file")
	m.fails(t, nil, "/run/gluster has to be emptied before a start, and /run/gluster/shared_storage is mounted there")
	if text := m.run(t, "cat /run/gluster/shared_storage/file"); strings.TrimSpace(text) != "data" {
		t.Errorf("the file has %q", text)
	}
	m.expectNothing(t)
	m.run(t, "umount /run/gluster/shared_storage")
	m.start(t)
}
