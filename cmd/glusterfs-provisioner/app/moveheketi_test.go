package app

import (
	"bytes"
	"strings"
	"testing"
)

// TestUsageOfCommandsBesideTheLeader gives pv and move-heketi what cannot be meant. All that is
// wrong is told at once, and no cluster is looked for.
func TestUsageOfCommandsBesideTheLeader(t *testing.T) {
	for what, test := range map[string]struct {
		arguments string
		want      []string
	}{
		"pv of nothing":         {"pv", []string{"--volume is not set", "--class=, --resturl=: exactly one", "glusterfs-provisioner pv --help"}},
		"pv with all wrong":     {"pv --volume=v --class=c --resturl=http://h --secret=s --claim=c --source=nfs --reclaim-policy=Recycle --access-modes=RWX", []string{"exactly one", "--secret=s", "--claim=c", "--source=nfs", "--reclaim-policy=Recycle", "--access-modes=RWX"}},
		"pv of two":             {"pv --volume=v --class=c w", []string{`unexpected arguments ["w"]`, "--volume"}},
		"pv without such flag":  {"pv --gid=3", []string{"unknown flag: --gid"}},
		"pv with an odd Secret": {"pv --volume=v --resturl=http://h --secret=s", []string{`--secret: "s" does not name a Secret`}},
		"move of nothing":       {"move-heketi", []string{"--from=: must be", "--to=: must be", "glusterfs-provisioner move-heketi --help"}},
		"move to the same":      {"move-heketi --from=http://h", []string{"--to=http://h", "same as --from", "--secret"}},
		"move with a path":      {"move-heketi --from=http://h --to=http://h/path", []string{"--to=http://h/path: must be"}},
		"move, odd Secret":      {"move-heketi --from=http://h --secret=a/b/c", []string{`--secret: "a/b/c"`}},
		"move of two":           {"move-heketi --from=http://h --to=http://i j", []string{`unexpected arguments ["j"]`}},
	} {
		var stdout, stderr bytes.Buffer
		if status := Main(strings.Fields(test.arguments), &stdout, &stderr); status != exitUsage || stdout.Len() > 0 {
			t.Errorf("%s: it ended with %d, and printed %q", what, status, stdout.String())
		}
		for _, want := range test.want {
			if !strings.Contains(stderr.String(), want) {
				t.Errorf("%s: it said %q, which lacks %q", what, stderr.String(), want)
			}
		}
	}
	for _, command := range []string{"pv", "move-heketi"} {
		var stdout, stderr bytes.Buffer
		if status := Main([]string{command, "--help"}, &stdout, &stderr); status != exitOK || !strings.Contains(stdout.String(), "glusterfs-provisioner "+command+" --") {
			t.Errorf("%s --help ended with %d: %s", command, status, stdout.String())
		}
	}
}
