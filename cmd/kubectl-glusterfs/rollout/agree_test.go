package rollout

import (
	"maps"
	"strings"
	"testing"
	"testing/synctest"
)

// dropped are the nodes that were told to drop the option, in this order.
func (s *scene) dropped() string {
	var nodes []string
	for _, ran := range s.ran {
		if node, is := strings.CutPrefix(ran, "drop on "); is {
			nodes = append(nodes, node)
		}
	}
	return strings.Join(nodes, " ")
}

// TestReplaceByNewer replaces all pods by those of a GlusterFS that drops an option. The older hosts drop it before the next one is
// replaced, so that none rejects another when it is started again.
func TestReplaceByNewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, oldPods()...)
		s.newer, s.volumes = true, 3
		if err := s.Replace(t.Context()); err != nil || len(s.deleted) != 3 {
			t.Errorf("%v; deleted were %v, want three", err, s.deleted)
		}
		if got := s.dropped(); got != "node-2 node-3" {
			t.Errorf("told to drop were %q", got)
		}
		s.says(t, "node-2 has the option nfs.disable=on of volume vol_1, which the newer one on node node-1 has dropped. Starts glusterd on node node-2 anew")
	})
}

// TestReplaceByNewerStops touches nothing where hosts differ in more than the option.
func TestReplaceByNewerStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, oldPods()...)
		s.newer, s.differs = true, "node-1"
		if err := s.Replace(t.Context()); !isStopped(err) || !strings.Contains(err.Error(), "is in state Peer Rejected") {
			t.Errorf("it ends with %v", err)
		}
		if got := s.dropped(); got != "" || len(s.deleted) != 1 {
			t.Errorf("told to drop were %q, deleted %v", got, s.deleted)
		}
	})
}

// TestHostsThatMetTooEarly start their glusterd anew where they reject each other and have the same written down.
func TestHostsThatMetTooEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, oldPods()...)
		for _, node := range nodeNames {
			s.drops[node] = true
		}
		s.met["node-1"] = "node-3"
		if err := s.Replace(t.Context()); err != nil || len(s.deleted) != 3 {
			t.Errorf("%v; deleted were %v, want three", err, s.deleted)
		}
		if got := s.dropped(); got != "node-1" {
			t.Errorf("started anew were %q", got)
		}
		s.says(t, "GlusterFS on node node-1 and on node node-3 reject each other, and have the same volumes")
	})
}

// TestPlanTellsOfNewer tells of what would be done, and does nothing.
func TestPlanTellsOfNewer(t *testing.T) {
	s := newScene(t, oldPods()...)
	s.drops["node-1"] = true
	if err := s.Plan(t.Context()); !isStopped(err) || !strings.Contains(err.Error(), "node-2 has the option nfs.disable=on") {
		t.Errorf("it ends with %v", err)
	}
	if got := s.dropped(); got != "" {
		t.Errorf("told to drop were %q", got)
	}
}

func TestReadDefinitions(t *testing.T) {
	const file = "file /var/lib/glusterd/vols/"
	for printed, want := range map[string]map[string]definition{
		"end\n": {},
		file + "v1/info\nversion=2\nnfs.disable=on\ncount=3\n" + file + "v2/info\ncount=3\nend\n": {
			"v1": {hasOption: true, rest: "count=3\nversion=2\n"}, "v2": {rest: "count=3\n"},
		},
		file + "v1/info\nnfs.disable=off\nend\n": {"v1": {rest: "nfs.disable=off\n"}},
		file + "v1/info\nversion=2\n":            nil,
		file + "v1/info\nend\n":                  nil,
		"":                                       nil,
	} {
		got, err := readDefinitions(printed)
		if !maps.Equal(got, want) || (err == nil) != (want != nil) {
			t.Errorf("of %q it reads %v (%v), want %v", printed, got, err, want)
		}
	}
}

// FuzzReadDefinitions holds that of each volume something is read, or an error.
func FuzzReadDefinitions(f *testing.F) {
	f.Add("file /var/lib/glusterd/vols/v1/info\nversion=2\nnfs.disable=on\nend\n")
	f.Fuzz(func(t *testing.T, printed string) {
		definitions, err := readDefinitions(printed)
		for name, definition := range definitions {
			if err != nil || definition.rest == "" {
				t.Errorf("of %q is read of volume %q %v, %v", printed, name, definition, err)
			}
		}
	})
}
