package client

import (
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"
)

func TestFolderOfCgroup(t *testing.T) {
	host, err := parseCgroups(strings.NewReader("9:name=systemd:/init\n5:cpu,cpuacct:/a:b\n4:memory:/deep/one\n0::/init.scope\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		fstype, root, point, options, want string
	}{
		{"cgroup", "/", "/sys/fs/cgroup/systemd", "rw,xattr,name=systemd", "/sys/fs/cgroup/systemd/init"},
		{"cgroup", "/", "/sys/fs/cgroup/cpu,cpuacct", "rw,cpu,cpuacct", "/sys/fs/cgroup/cpu,cpuacct/a:b"},
		{"cgroup", "/", "/sys/fs/cgroup/cpu", "rw,cpu", ""},
		{"cgroup", "/deep", "/sys/fs/cgroup/memory", "rw,memory", "/sys/fs/cgroup/memory/one"},
		{"cgroup", "/other", "/sys/fs/cgroup/memory", "rw,memory", ""},
		{"cgroup", "/", "/sys/fs/cgroup/pids", "rw,pids", ""},
		{"cgroup2", "/", "/sys/fs/cgroup/unified", "rw,nsdelegate", "/sys/fs/cgroup/unified/init.scope"},
	} {
		got := host.folder(&mountinfo.Info{FSType: c.fstype, Root: c.root, Mountpoint: c.point, VFSOptions: c.options})
		if got != c.want {
			t.Errorf("%s: folder is %q, want %q", c.point, got, c.want)
		}
	}
}

func TestCgroupsOfNoForm(t *testing.T) {
	if _, err := parseCgroups(strings.NewReader("0::/\nx\n")); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("error is %v", err)
	}
}

func FuzzParseCgroups(f *testing.F) {
	f.Add("9:name=systemd:/init\n0::/", "rw,name=systemd", "/")
	f.Fuzz(func(_ *testing.T, text, options, root string) {
		all, err := parseCgroups(strings.NewReader(text))
		if err != nil {
			return
		}
		all.folder(&mountinfo.Info{FSType: "cgroup", Root: root, Mountpoint: "/sys", VFSOptions: options})
	})
}
