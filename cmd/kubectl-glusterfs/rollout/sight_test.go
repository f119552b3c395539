package rollout

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/glustercli"
	"glusterfs-provisioner/provisioner/glusterxml"
)

// told reads what GlusterFS 10.3 printed.
func told[T any](t *testing.T, read func([]byte) (T, error), name string) T {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "provisioner", "glusterxml", "testdata", name+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	value, err := read(text)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// sightOf is what gluster tells of one volume and a host.
func sightOf(t *testing.T, pool, clients, heal string) sight {
	t.Helper()
	one := volume{Volume: told(t, glusterxml.ReadVolumes, "volumes")[0]}
	one.health = glustercli.HealthOf(one.Volume, told(t, glusterxml.ReadServed, clients), told(t, glusterxml.ReadHealing, heal))
	one.Name, one.asked = "vol_1", true
	return sight{hosts: []host{{pod: podOn("node-2", "new"), pool: told(t, glusterxml.ReadPool, pool)}}, volumes: []volume{one}}
}

// TestMissing says what keeps a volume from being whole, by what gluster printed in each state.
func TestMissing(t *testing.T) {
	const brick = "brick 10.77.0.1:/var/lib/heketi/mounts/vg_ad7a438c89267e4acb1153364fb539a8/brick_173d0dff8f00ffa2057ac57ed6d1fe60/brick"
	for name, test := range map[string]struct {
		pool, clients, heal string
		change              func(*sight)
		want                string
	}{
		"whole":                {"pool", "clients", "heal-nothing", nil, ""},
		"a host is away":       {"pool-without-a-host", "clients-without-a-host", "heal-without-a-host", nil, "peer 10.77.0.1 is disconnected for node node-2; volume vol_1: " + brick + " is not online"},
		"a brick starts":       {"pool", "clients-while-a-brick-starts", "heal-without-a-host", nil, "volume vol_1: " + brick + " is not online"},
		"a brick is not asked": {"pool", "clients", "heal-without-a-host", nil, "volume vol_1: " + brick + " does not tell what it has to heal"},
		"a brick is left out": {"pool", "clients", "heal-nothing", func(s *sight) { s.volumes[0].health.Sets[0][0].Told = false },
			"volume vol_1: " + brick + " does not tell what it has to heal"},
		"it heals": {"pool", "clients", "heal-begins", nil, "volume vol_1 has entries to heal: 6"},
		"a client is late": {"pool", "clients", "heal-nothing", func(s *sight) { s.volumes[0].health.Sets[0][0].Clients = 3 },
			"volume vol_1: of 4 clients, 3 are connected to " + brick},
		"split-brain": {"pool", "clients", "heal-nothing", func(s *sight) { s.volumes[0].health.Sets[0][0].SplitBrain = 2 },
			"volume vol_1: " + brick + " has entries in split-brain, which gluster cannot heal: 2; see gluster volume heal vol_1 info split-brain"},
		"gluster is busy": {"pool", "clients", "heal-nothing", func(s *sight) { s.volumes[0].err = errors.New("gluster says: Another transaction is in progress") },
			"of volume vol_1 is not told how it is: gluster says: Another transaction is in progress"},
		"glusterd does not answer": {"pool", "clients", "heal-nothing", func(s *sight) { s.hosts[0].err = errors.New("connection failed") },
			"GlusterFS on node node-2 does not tell its peers and volumes: connection failed"},
	} {
		seen := sightOf(t, test.pool, test.clients, test.heal)
		if test.change != nil {
			test.change(&seen)
		}
		if got := strings.Join(seen.missing(), "; "); got != test.want {
			t.Errorf("%s: missing is %q, want %q", name, got, test.want)
		}
	}
}
