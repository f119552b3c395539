package parameters

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"glusterfs-provisioner/provisioner/parameters/parameterstest"
	"glusterfs-provisioner/provisioner/volume"
)

// accept checks what Parse makes of a parameter's values.
func accept[T any](t *testing.T, name string, field func(*Parameters) T, want map[string]T) {
	t.Helper()
	for _, value := range parameterstest.Right[name] {
		_ = mustParse(t, with(name, value))
	}
	for value, wanted := range want {
		if !slices.Contains(parameterstest.Right[name], value) {
			t.Errorf("parameterstest.Right lacks %s %q", name, value)
		}
		if got := field(mustParse(t, with(name, value))); !reflect.DeepEqual(got, wanted) {
			t.Errorf("%s %q: got %v, want %v", name, value, got, wanted)
		}
	}
}

// refuseAll checks that Parse refuses all wrong values of a parameter.
func refuseAll(t *testing.T, name string) {
	t.Helper()
	if len(parameterstest.Wrong[name]) == 0 {
		t.Fatalf("parameterstest.Wrong lacks %s", name)
	}
	for _, value := range parameterstest.Wrong[name] {
		_ = mustRefuse(t, with(name, value), name)
	}
}

func message(t *testing.T, name, value, want string) {
	t.Helper()
	if got := mustRefuse(t, with(name, value), name).Error(); got != want {
		t.Errorf("%s %q:\n got %s\nwant %s", name, value, got, want)
	}
}

func TestURL(t *testing.T) {
	accept(t, "resturl", func(p *Parameters) string { return p.Heketi.URL }, map[string]string{
		"http://heketi":                      "http://heketi",
		"http://heketi/":                     "http://heketi",
		"HTTPS://Heketi.example:65535/":      "https://Heketi.example:65535",
		"http://[::1]:8080":                  "http://[::1]:8080",
		"http://[fe80::1%25eth0]":            "http://[fe80::1%25eth0]",
		"http://heketi.storage.svc:1":        "http://heketi.storage.svc:1",
		"https://heketi-storage.10.1.nip.io": "https://heketi-storage.10.1.nip.io",
	})
	refuseAll(t, "resturl")

	want := "must be http://HOST[:PORT] or https://HOST[:PORT], without user, path, query or fragment"
	message(t, "resturl", "", "resturl: "+want)
	message(t, "resturl", "heketi:8080", `resturl "heketi:8080": `+want)
	message(t, "resturl", "http://joe:hunter2@heketi", "resturl: "+want)
	message(t, "resturl", "http://joe:hunter2%zz@heketi:x", "resturl: "+want)
	_ = mustRefuse(t, nil, "resturl")
}

func TestClusters(t *testing.T) {
	accept(t, "clusterid", func(p *Parameters) []string { return p.Clusters }, map[string][]string{
		"":             nil,
		" , ,":         nil,
		"a1B2":         {"a1B2"},
		" b, a ,,b,a,": {"b", "a"},
	})
	refuseAll(t, "clusterid")
	message(t, "clusterid", "a-b, c, d/e",
		`clusterid "a-b, d/e": must be heketi cluster ids, of letters and digits, separated by commas`)
}

func TestGIDs(t *testing.T) {
	accept(t, "gidMin", func(p *Parameters) [2]uint32 { return [2]uint32{p.GIDMin, p.GIDMax} }, map[string][2]uint32{
		"":           {2000, 2147483646},
		"2000":       {2000, 2147483646},
		"2147483646": {2147483646, 2147483646},
		"2147483647": {2147483646, 2147483646},
	})
	accept(t, "gidMax", func(p *Parameters) [2]uint32 { return [2]uint32{p.GIDMin, p.GIDMax} }, map[string][2]uint32{
		"2000":       {2000, 2000},
		"2147483646": {2000, 2147483646},
		"2147483647": {2000, 2147483646},
	})
	for _, name := range []string{"gidMin", "gidMax"} {
		refuseAll(t, name)
		message(t, name, "1999", name+` "1999": must be a number from 2000 to 2147483646`)
	}
	class := with("gidMin", "5000")
	class["gidMax"] = "4000"
	if got, want := mustRefuse(t, class, "gidMin").Error(), `gidMin "5000": must not be above gidMax, 4000`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	class["gidMax"] = "5000"
	mustParse(t, class)
	class["gidMax"] = "x"
	_ = mustRefuse(t, class, "gidMax")
}

func TestDurability(t *testing.T) {
	replicate := func(n int) volume.Durability { return volume.Durability{Kind: volume.Replicate, Replicas: n} }
	disperse := func(d, r int) volume.Durability {
		return volume.Durability{Kind: volume.Disperse, Data: d, Redundancy: r}
	}
	accept(t, "volumetype", func(p *Parameters) volume.Durability { return p.Durability }, map[string]volume.Durability{
		"": replicate(3), "replicate": replicate(3), "replicate:2": replicate(2), "replicate:3": replicate(3),
		"disperse:2:1": disperse(2, 1), "disperse:4:2": disperse(4, 2), "disperse:8:3": disperse(8, 3), "disperse:8:4": disperse(8, 4),
		"none": {Kind: volume.Distribute},
	})
	refuseAll(t, "volumetype")
	message(t, "volumetype", "replicate:4", `volumetype "replicate:4": must be one of replicate, replicate:3, replicate:2, `+
		`disperse:2:1, disperse:4:2, disperse:8:3, disperse:8:4, none`)
}

// findsAll is the option that volumes get by default.
const findsAll = "cluster.lookup-optimize off"

func TestVolumeOptions(t *testing.T) {
	accept(t, "volumeoptions", func(p *Parameters) []string { return p.VolumeOptions }, map[string][]string{
		"":      {findsAll},
		" , , ": {findsAll},
		"user.heketi.arbiter true, , client.ssl on ,server.ssl on": {"user.heketi.arbiter true", "client.ssl on", "server.ssl on", findsAll},
		"auth.allow 10.0.*,a/b:c=d@e%f+g -1":                       {"auth.allow 10.0.*", "a/b:c=d@e%f+g -1", findsAll},
		"cluster.lookup-optimize off,client.ssl on":                {findsAll, "client.ssl on"},
		"lookup-optimize no":                                       {"lookup-optimize no"},
		"cluster.lookup-optimize on":                               {"cluster.lookup-optimize on"},
	})
	refuseAll(t, "volumeoptions")
	message(t, "volumeoptions", "a b, c, d $e", `volumeoptions "c, d $e": must be 'key value' items, separated by commas, `+
		`of letters, digits and ._:/=@%+*- only, without leading dashes; a comma always ends an item, so set an option whose value has one with gluster volume set`)
}

// TestHiddenFilesAreWarnedOf has classes say how files are looked up. gluster takes the last
// that is said.
func TestHiddenFilesAreWarnedOf(t *testing.T) {
	for options, want := range map[string][]string{
		"cluster.lookup-optimize on":                                    {filesHidden},
		"lookup-optimize enable":                                        {filesHidden},
		"cluster.lookup-optimize off, lookup-optimize on":               {filesHidden},
		"cluster.lookup-optimize on,cluster.lookup-optimize off":        nil,
		"cluster.lookup-optimize disable, performance.readdir-ahead on": nil,
		"": nil,
	} {
		if got := mustParse(t, with("volumeoptions", options)).Warnings; !slices.Equal(got, want) {
			t.Errorf("volumeoptions %q: got the warnings %q, want %q", options, got, want)
		}
	}
}

func TestVolumeNamePrefix(t *testing.T) {
	forty := strings.Repeat("a", 40)
	accept(t, "volumenameprefix", func(p *Parameters) string { return p.VolumeNamePrefix }, map[string]string{
		"": "", "Dept-1-": "Dept-1-", "1": "1", forty: forty,
	})
	refuseAll(t, "volumenameprefix")
	message(t, "volumenameprefix", "a_b",
		`volumenameprefix "a_b": must be letters, digits and dashes, at most 40, and not begin with a dash`)
}

func TestSnapshotFactor(t *testing.T) {
	accept(t, "snapfactor", func(p *Parameters) float32 { return p.SnapshotFactor }, map[string]float32{
		"": 1, "1": 1, "1.0": 1, "1.1": 1.1, "100": 100, "100.00": 100,
	})
	refuseAll(t, "snapfactor")
	message(t, "snapfactor", "0.5", `snapfactor "0.5": must be a number from 1 to 100, such as 1.5`)
}

func TestEndpointsNamePrefix(t *testing.T) {
	longest := strings.Repeat("a", 26)
	accept(t, "customepnameprefix", func(p *Parameters) string { return p.EndpointsNamePrefix }, map[string]string{
		"": "glusterfs-dynamic", "a": "a", "dept-1-": "dept-1-", longest: longest,
	})
	refuseAll(t, "customepnameprefix")
	message(t, "customepnameprefix", "1a",
		`customepnameprefix "1a": must be lower-case letters, digits and dashes, at most 26, and begin with a letter`)
}

func TestEndpointsScope(t *testing.T) {
	accept(t, "endpointsscope", func(p *Parameters) bool { return p.SharesEndpoints }, map[string]bool{
		"": false, "claim": false, "cluster": true,
	})
	refuseAll(t, "endpointsscope")
	message(t, "endpointsscope", "namespace", `endpointsscope "namespace": must be claim, for a Service and Endpoints beside each claim, `+
		`or cluster, for one of each for all volumes of a heketi cluster`)
}

func TestSource(t *testing.T) {
	accept(t, "pvsource", func(p *Parameters) volume.Source { return p.Source }, map[string]volume.Source{
		"": "", "auto": "", "glusterfs": volume.Glusterfs, "csi": volume.CSI, "csi\n": volume.CSI,
	})
	refuseAll(t, "pvsource")
	message(t, "pvsource", "CSI", `pvsource "CSI": must be glusterfs, which kubelets up to 1.25 mount, `+
		`csi, which the node plugin mounts, or auto, for the one that the cluster has`)
}

func TestFormerParameters(t *testing.T) {
	for name, good := range map[string][]string{"smartclone": {"", "false", "False"}, "gidallocate": {"", "true", "TRUE"}} {
		for _, value := range good {
			if got := mustParse(t, with(name, value)); !reflect.DeepEqual(*got, defaults()) {
				t.Errorf("%s %q: got %+v", name, value, got)
			}
		}
	}
	refuseAll(t, "smartclone")
	refuseAll(t, "gidallocate")
	message(t, "smartclone", "true",
		`smartclone "true": must be false or left out: a heketi clone shares its source's GID and can corrupt heketi's database`)
	message(t, "gidallocate", "false",
		`gidallocate "false": must be true or left out: without a GID of its own a volume is open to every pod`)
}
