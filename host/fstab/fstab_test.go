package fstab

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want []Entry
		err  string
	}{
		"empty":      {"", nil, ""},
		"heketi's":   {"/dev/mapper/vg_a-brick_b /var/lib/heketi/mounts/vg_a/brick_b xfs rw,inode64,noatime,nouuid 1 2\n", []Entry{{"/dev/mapper/vg_a-brick_b", "/var/lib/heketi/mounts/vg_a/brick_b", "xfs", "rw,inode64,noatime,nouuid"}}, ""},
		"comments":   {"# nothing\n\n  \n /d\t/m  ext4 ro", []Entry{{"/d", "/m", "ext4", "ro"}}, ""},
		"escaped":    {`/d\040e /m\134\011 xfs rw`, []Entry{{"/d e", "/m\\\t", "xfs", "rw"}}, ""},
		"cut":        {"/d /m xfs rw\n/d /m xfs\n", []Entry{{"/d", "/m", "xfs", "rw"}}, "line 2 has 3 fields"},
		"cut in two": {"a\n/d /m xfs rw\nb c\n", []Entry{{"/d", "/m", "xfs", "rw"}}, "line 3 has 2 fields"},
	} {
		got, err := Parse(test.text)
		if !reflect.DeepEqual(got, test.want) || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: got %+v, %v, want %+v, %q", name, got, err, test.want, test.err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("/d /m xfs rw 1 2\n# c\n\\040 \\134 x y")
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := Parse(text)
		if lines := strings.Count(text, "\n") + 1; len(entries) > lines {
			t.Errorf("%d lines have %d entries", lines, len(entries))
		}
		for _, entry := range entries {
			if entry.Device == "" || entry.MountPoint == "" || entry.Type == "" || entry.Options == "" {
				t.Errorf("%+v lacks something (%v)", entry, err)
			}
		}
	})
}
