package preflight

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/host/ownership"
	"glusterfs-provisioner/host/store"
)

// good are the facts of a node that lacks nothing.
func good() Facts {
	return Facts{
		Kernel: "6.1.0-18-amd64", XFSProgs: "6.1.0", Modules: map[string]error{"dm_thin_pool": nil, "dm_snapshot": nil, "fuse": nil},
		Node: "n", Found: ownership.Found{Store: &store.Store{}}, Devices: []Device{{Path: "/dev/sdb"}},
	}
}

var group = "vg_" + strings.Repeat("a1", 16)

func TestJudge(t *testing.T) {
	absent := errors.New("it is not there")
	for name, test := range map[string]struct {
		change func(*Facts)
		// want is what each finding says, with its check first.
		want []string
	}{
		"good":          {func(*Facts) {}, nil},
		"no name":       {func(f *Facts) { f.Node = "" }, []string{"node-name: the node's name is not known; set NODE_NAME"}},
		"two modules":   {func(f *Facts) { f.Modules["dm_snapshot"], f.Modules["fuse"] = absent, absent }, []string{"modules: the kernel has no module dm_snapshot: it is not there; run modprobe dm_snapshot", "modules: the kernel has no module fuse"}},
		"no LVM":        {func(f *Facts) { f.LVM = absent }, []string{"lvm: LVM does not run on the node: it is not there; install lvm2"}},
		"no thin_check": {func(f *Facts) { f.ThinTools = absent }, []string{"thin-tools: the node has no thin_check"}},
		"old kernel":    {func(f *Facts) { f.Kernel = "5.4.0-100-generic" }, []string{"xfs: kernel 5.4.0-100-generic cannot mount what mkfs.xfs 6.1.0 makes: bigtime is the default since 5.15, and kernels have it since 5.10; run a kernel of 5.10"}},
		"old kernel, new xfsprogs": {func(f *Facts) { f.Kernel, f.XFSProgs = "5.15.0", "6.13.0" }, []string{
			"xfs: kernel 5.15.0 cannot mount what mkfs.xfs 6.13.0 makes: nrext64"}},
		"old both":         {func(f *Facts) { f.Kernel, f.XFSProgs = "4.19.0", "4.20.0" }, nil},
		"kernel is enough": {func(f *Facts) { f.Kernel, f.XFSProgs = "5.19.0", "6.13.0" }, nil},
		"no xfsprogs":      {func(f *Facts) { f.XFSProgs = "" }, []string{"xfs: the version of mkfs.xfs cannot be told"}},
		"strange kernel":   {func(f *Facts) { f.Kernel = "next" }, []string{`xfs: the kernel's release "next"`}},
		"glusterd runs": {func(f *Facts) {
			f.Servers = []Process{{7, "glusterd"}, {8, "glusterfsd"}}
			f.Listeners = []Listener{{24007, Process{7, "glusterd"}}}
		}, []string{"glusterd: a GlusterFS runs on the node already: glusterd (process 7), glusterfsd (process 8); end it there", "ports: port 24007 is taken by glusterd (process 7); end that"}},
		"a port":     {func(f *Facts) { f.Listeners = []Listener{{29608, Process{}}} }, []string{"ports: port 29608 is taken by another process; end that on the node, or choose another port by --http-address"}},
		"left-overs": {func(f *Facts) { f.Found.Listed = 2 }, []string{"left-overs: heketi's list of mounts has 2 bricks"}},
		"devices": {func(f *Facts) {
			f.Devices = []Device{{Path: "/dev/x", Err: absent}, {Path: "/dev/y", Signatures: []string{"gpt", "PMBR"}}, {Path: "/dev/z", Holders: []string{"dm-3"}, Signatures: []string{"LVM2_member"}}}
		}, []string{"devices: device /dev/x: it is not there; name one", "devices: device /dev/y is not empty: it has gpt, PMBR; name another, or, if nothing on it is needed, run wipefs --all /dev/y", "devices: device /dev/z is in use by dm-3; name another"}},
		"heketi's devices": {func(f *Facts) {
			f.Found.Mark = &ownership.Mark{Node: "n"}
			f.Devices = []Device{{Path: "/dev/z", Holders: []string{"dm-3"}, Signatures: []string{"LVM2_member"}, Group: group}, {Path: "/dev/y", Signatures: []string{"LVM2_member"}, Group: "data"}}
		}, []string{"devices: device /dev/y is not empty: it has LVM2_member"}},
		"another host's devices": {func(f *Facts) {
			f.Devices = []Device{{Path: "/dev/z", Signatures: []string{"LVM2_member"}, Group: group}}
		}, []string{"devices: device /dev/z has heketi's volume group " + group + ", perhaps with bricks, and the node is not known as their host; name another, or see docs/glusterfs-host.md#clearing-a-node"}},
		"a lost id": {func(f *Facts) {
			f.Found = ownership.Found{Store: &store.Store{Peers: []string{"p"}}, Mark: &ownership.Mark{Node: "n"}}
		}, []string{"glusterd-id: /var/lib/glusterd/glusterd.info has no UUID"}},
		"an id that is noted": {func(f *Facts) {
			f.Found = ownership.Found{Store: &store.Store{Peers: []string{"p"}}, Mark: &ownership.Mark{Node: "n", Identity: store.Identity{UUID: "u"}}}
		}, nil},
		"no client": {func(f *Facts) { f.Client = absent }, []string{"client: the node has no mount.glusterfs"}},
	} {
		t.Run(name, func(t *testing.T) {
			facts := good()
			test.change(&facts)
			findings := Judge(facts, Names())
			if len(findings) != len(test.want) {
				t.Fatalf("it says %v, want %q", findings, test.want)
			}
			for i, finding := range findings {
				if !strings.HasPrefix(finding.Error(), test.want[i]) {
					t.Errorf("it says %q, want %q", finding, test.want[i])
				}
				if finding.Remedy == "" || finding.Advice != (finding.Check == "client") {
					t.Errorf("%q has no remedy, or is advice: %v", finding, finding.Advice)
				}
				others := slices.DeleteFunc(Names(), func(name string) bool { return name == finding.Check })
				if slices.ContainsFunc(Judge(facts, others), func(f *Finding) bool { return f.Check == finding.Check }) {
					t.Errorf("%s cannot be passed over", finding.Check)
				}
			}
		})
	}
}

// TestAtStart holds that the checks of a start exist.
func TestAtStart(t *testing.T) {
	for _, name := range AtStart {
		if !slices.Contains(Names(), name) {
			t.Errorf("there is no check %s", name)
		}
	}
}
