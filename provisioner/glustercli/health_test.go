package glustercli

import (
	"strings"
	"testing"
)

// TestHealth has what gluster tells of a volume whose first brick may be lost.
func TestHealth(t *testing.T) {
	brick := func(name string, pending int) Brick {
		return Brick{Name: name, Online: true, Told: true, Pending: pending}
	}
	away := Brick{Name: "a"}
	for name, test := range map[string]struct {
		set  []Brick
		lost bool
		says string
	}{
		"whole":                              {[]Brick{brick("a", 0), brick("b", 0), brick("c", 0)}, false, ""},
		"healing":                            {[]Brick{brick("a", 0), brick("b", 4), brick("c", 4)}, false, "entries to heal: 4"},
		"away":                               {[]Brick{away, brick("b", 4), brick("c", 4)}, false, "brick a is not online"},
		"not told":                           {[]Brick{{Name: "a", Online: true}, brick("b", 0)}, false, "brick a does not tell"},
		"split-brain":                        {[]Brick{{Name: "a", Online: true, Told: true, SplitBrain: 2}, brick("b", 0)}, false, "entries in split-brain"},
		"a client is late":                   {[]Brick{{Name: "a", Online: true, Told: true, Clients: 3}, {Name: "b", Online: true, Told: true, Clients: 4}}, false, "of 4 clients, 3 are connected to brick a"},
		"alone":                              {[]Brick{{Name: "a", Online: true}}, false, ""},
		"lost":                               {[]Brick{away, brick("b", 4), brick("c", 4)}, true, ""},
		"lost, and one has what others lack": {[]Brick{away, brick("b", 1), brick("c", 4)}, true, "the others have not healed: they tell of 1 (b), 4 (c) entries"},
		"lost, and another is away":          {[]Brick{away, {Name: "b"}, brick("c", 4)}, true, "brick b is not online"},
		"lost, and there is no other":        {[]Brick{away}, true, "all bricks with the same files are lost: a"},
	} {
		got := strings.Join(Health{Started: true, Sets: [][]Brick{test.set}}.Missing("v", map[string]bool{"a": test.lost}), "; ")
		if test.says == "" && got != "" || !strings.Contains(got, test.says) {
			t.Errorf("%s: got %q, want %q", name, got, test.says)
		}
	}
	if (Health{}).IsWhole() {
		t.Error("a volume that is stopped is whole")
	}
}
