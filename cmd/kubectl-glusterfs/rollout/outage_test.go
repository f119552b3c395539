package rollout

import (
	"fmt"
	"testing"

	"glusterfs-provisioner/cmd/kubectl-glusterfs/glusterxml"
)

// bricksOn are bricks on hosts, one after another.
func bricksOn(hosts ...string) []glusterxml.Brick {
	var bricks []glusterxml.Brick
	for i, host := range hosts {
		bricks = append(bricks, glusterxml.Brick{Name: fmt.Sprintf("%s:/b%d", host, i), Host: host})
	}
	return bricks
}

// TestStops says which volumes stop without one host.
func TestStops(t *testing.T) {
	for name, test := range map[string]struct {
		volume glusterxml.Volume
		// without are hosts without which it stops.
		without string
	}{
		"three replicas":                      {glusterxml.Volume{SetSize: 3, Bricks: bricksOn("a", "b", "c")}, "[]"},
		"two sets of three":                   {glusterxml.Volume{SetSize: 3, Bricks: bricksOn("a", "b", "c", "b", "c", "a")}, "[]"},
		"three replicas, two on one host":     {glusterxml.Volume{SetSize: 3, Bricks: bricksOn("a", "a", "c")}, "[a]"},
		"one replica":                         {glusterxml.Volume{SetSize: 1, Bricks: bricksOn("a", "c")}, "[a c]"},
		"two replicas":                        {glusterxml.Volume{SetSize: 2, Bricks: bricksOn("a", "b")}, "[]"},
		"two replicas with a quorum":          {glusterxml.Volume{SetSize: 2, Bricks: bricksOn("a", "b"), Options: map[string]string{"cluster.quorum-type": "auto"}}, "[a]"},
		"two replicas, of which both must be": {glusterxml.Volume{SetSize: 2, Bricks: bricksOn("a", "b"), Options: map[string]string{"cluster.quorum-type": "fixed", "cluster.quorum-count": "2"}}, "[a b]"},
		"dispersed":                           {glusterxml.Volume{SetSize: 3, Redundancy: 1, Bricks: bricksOn("a", "b", "c")}, "[]"},
		"dispersed, with a higher quorum":     {glusterxml.Volume{SetSize: 3, Redundancy: 1, Bricks: bricksOn("a", "b", "c"), Options: map[string]string{"disperse.quorum-count": "3"}}, "[a b c]"},
		"dispersed, two on one host":          {glusterxml.Volume{SetSize: 3, Redundancy: 1, Bricks: bricksOn("a", "a", "c")}, "[a]"},
	} {
		without := []string{}
		for _, host := range []string{"a", "b", "c"} {
			if stops(test.volume, host) {
				without = append(without, host)
			}
		}
		if fmt.Sprint(without) != test.without {
			t.Errorf("%s stops without %v, want %s", name, without, test.without)
		}
	}
}

// TestLosesServerQuorum says whether glusterd stops a volume while one host of so many is away.
func TestLosesServerQuorum(t *testing.T) {
	for _, test := range []struct {
		peers       int
		kind, ratio string
		without     string
		want        bool
	}{
		{1, "none", "", "peer-1", false},
		{1, "server", "", "peer-1", true},
		{1, "server", "", "itself", true},
		{1, "server", "", "of another pool", false},
		{1, "server", "50%", "peer-1", false},
		{2, "server", "", "peer-1", false},
		{2, "server", "51%", "peer-1", false},
		{2, "server", "67%", "peer-1", true},
		{3, "server", "75", "itself", false},
	} {
		v := volume{Volume: glusterxml.Volume{Options: map[string]string{"cluster.server-quorum-type": test.kind, "cluster.server-quorum-ratio": test.ratio}}}
		v.host.pool.ID = "itself"
		for i := range test.peers {
			v.host.pool.Peers = append(v.host.pool.Peers, glusterxml.Peer{ID: fmt.Sprint("peer-", i+1)})
		}
		if got := v.losesServerQuorum(test.without); got != test.want {
			t.Errorf("%+v: it stops is %t", test, got)
		}
	}
}
