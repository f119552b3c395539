package rollout

import (
	"fmt"
	"strings"
	"testing"
)

// TestLookAtMany looks at hundreds of volumes with as many commands as at one.
func TestLookAtMany(t *testing.T) {
	s := newScene(t, oldPods()...)
	s.volumes = 300
	seen, missing, err := s.look(t.Context())
	if err != nil || len(missing) > 0 || len(seen.volumes) != 300 {
		t.Errorf("of %d volumes is missing %v; %v", len(seen.volumes), missing, err)
	}
	if len(s.ran) != 14 {
		t.Errorf("it ran %d commands: %s", len(s.ran), strings.Join(s.ran, ", "))
	}
}

// TestLookAtDoubtful asks by itself for a volume of which not all is told at once, and believes what is told then.
func TestLookAtDoubtful(t *testing.T) {
	const off = "<option><name>cluster.self-heal-daemon</name><value>off</value></option>"
	for name, test := range map[string]struct {
		change func(*scene)
		// missing is what is missing, and asked is how many volumes are asked for by themselves.
		missing string
		asked   int
	}{
		"it heals":                   {func(s *scene) { s.toHeal = 2 }, "volume vol_1 has entries to heal: 2", 1},
		"it is written":              {func(s *scene) { s.writing = 2 }, "", 1},
		"a pod without its lists":    {func(s *scene) { s.withoutLists = "node-2" }, "", 20},
		"another command has a lock": {func(s *scene) { s.busy = []string{"vol_7"} }, "of volume vol_7 is not told how it is: gluster says: Another transaction is in progress for vol_7", 1},
		"many are busy": {func(s *scene) { s.busy = s.names() },
			"of volume vol_5 is not told how it is: gluster says: Another transaction is in progress for vol_5; and 15 more", named + asksAtATime},
		"without replicas": {func(s *scene) { s.replicas = 1 }, "", 0},
		"nothing heals it": {func(s *scene) { s.options = off }, "To do: in a GlusterFS pod, gluster volume set vol_1 cluster.self-heal-daemon on", 0},
	} {
		s := newScene(t, oldPods()...)
		s.volumes = 20
		test.change(s)
		_, missing, err := s.look(t.Context())
		got := inWords(missing)
		if err != nil {
			got = err.Error()
		}
		asked := 0
		for _, volume := range s.names() {
			for _, ran := range s.ran {
				if strings.HasPrefix(ran, "volume status "+volume+" ") || ran == "volume status "+volume {
					asked++
				}
			}
		}
		if !strings.HasSuffix(got, test.missing) || (got == "") != (test.missing == "") || asked > test.asked || (asked == 0) != (test.asked == 0) {
			t.Errorf("%s: missing is %q, want %q; asked for were %d volumes, want at most %d", name, got, test.missing, asked, test.asked)
		}
	}
}

// TestReadIndices reads what the script prints, and has no brick of which it does not know.
func TestReadIndices(t *testing.T) {
	for printed, want := range map[string]string{
		"end\n": "map[] <nil>",
		"      1 /b/.glusterfs/indices/dirty\n      1 /b/.glusterfs/indices/xattrop\nend\n":                                          "map[/b:0] <nil>",
		"      4 /b/.glusterfs/indices/dirty\n     12 /b/.glusterfs/indices/xattrop\nend\n":                                          "map[/b:14] <nil>",
		"      1 /a b/.glusterfs/indices/dirty\n      1 /a b/.glusterfs/indices/xattrop\n      1 /b/.glusterfs/indices/dirty\nend\n": "map[/a b:0] <nil>",
		"      1 /b/.glusterfs/indices/xattrop\n":                                                                                    "map[] the lists of what bricks have to heal are cut off",
		"      1 /b/.glusterfs/indices/xattrop\n      1 failed\nend\n":                                                               "map[] the lists of what bricks have to heal cannot be read: \"      1 failed\\n\"",
	} {
		listed, err := readIndices(printed)
		if got := fmt.Sprint(listed, " ", err); got != want {
			t.Errorf("of %q is read %s, want %s", printed, got, want)
		}
	}
}

// FuzzReadIndices holds that no brick has fewer entries than none.
func FuzzReadIndices(f *testing.F) {
	f.Add("      1 /b/.glusterfs/indices/dirty\n      2 /b/.glusterfs/indices/xattrop\nend\n")
	f.Fuzz(func(t *testing.T, printed string) {
		listed, err := readIndices(printed)
		for brick, count := range listed {
			if count < 0 || err != nil {
				t.Errorf("of %q brick %q has %d entries, %v", printed, brick, count, err)
			}
		}
	})
}

// TestClientsThatAreTooOld refuses an op-version that a client does not know.
func TestClientsThatAreTooOld(t *testing.T) {
	s := newScene(t, podOn("node-1", "new"), podOn("node-2", "new"), podOn("node-3", "new"))
	s.RaiseOpVersion, s.clientVersion = true, 100000
	err := s.Replace(t.Context())
	if !isStopped(err) || !strings.Contains(err.Error(), "clients do not know 110000, and could not mount again: 10.0.0.9:49151 of volume vol_1 knows up to 100000") {
		t.Errorf("with clients of 100000: %v", err)
	}
	s.clientVersion = 110000
	if err := s.Replace(t.Context()); err != nil {
		t.Errorf("with clients of 110000: %v", err)
	}
	s.says(t, "raised the op-version of the pool of node node-1 from 100000 to 110000")
}
