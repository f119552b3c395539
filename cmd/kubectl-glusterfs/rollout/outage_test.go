package rollout

import (
	"fmt"
	"testing"

	"glusterfs-provisioner/provisioner/glusterxml"
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
