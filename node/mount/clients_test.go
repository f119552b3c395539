package mount

import (
	"testing"

	"glusterfs-provisioner/node/processes"
)

// TestServes tells whether a client serves a mount, on kernels that say which and on those
// that do not.
func TestServes(t *testing.T) {
	staged := Mount{Path: "/k/staged", Connection: 40}
	mounts := []Mount{staged, {Path: "/k/pod", Connection: 40}, {Path: "/k/other", Connection: 41}}
	for name, test := range map[string]struct {
		client processes.Client
		want   bool
	}{
		"its client":                        {processes.Client{Target: "/k/staged", Connection: 40}, true},
		"its client, moved":                 {processes.Client{Target: "/elsewhere", Connection: 40}, true},
		"that of an earlier mount there":    {processes.Client{Target: "/k/staged", Connection: 39}, false},
		"that of another mount":             {processes.Client{Target: "/k/other", Connection: 41}, false},
		"its client, if that is not told":   {processes.Client{Target: "/k/staged"}, true},
		"another one, if that is not told":  {processes.Client{Target: "/k/other"}, false},
		"one of nothing, if it is not told": {processes.Client{Target: "/k/nothing"}, false},
	} {
		if got := serves([]processes.Client{test.client}, staged, mounts); got != test.want {
			t.Errorf("%s serves it: %t, want %t", name, got, test.want)
		}
	}
}

// TestGivenUp leaves out a client that was given up, unless the kernel tells what it serves.
func TestGivenUp(t *testing.T) {
	m := New(nil, "/k", nil)
	hung := processes.Client{ID: processes.ID{PID: 7}, Target: "/k/staged"}
	told := processes.Client{ID: processes.ID{PID: 8}, Target: "/k/staged", Connection: 40}
	next := processes.Client{ID: processes.ID{PID: 9}, Target: "/k/staged"}
	m.GiveUp(hung, told)
	if got := m.withoutGivenUp([]processes.Client{hung, told, next}); len(got) != 2 || got[0] != told || got[1] != next {
		t.Errorf("left are %v", got)
	}
	if m.withoutGivenUp(nil); len(m.givenUp) != 0 {
		t.Errorf("remembered are %v, all of which have ended", m.givenUp)
	}
}
