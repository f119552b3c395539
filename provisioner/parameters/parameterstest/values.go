package parameterstest

import "strings"

// URL is a resturl that is right.
const URL = "http://heketi:8080"

// With returns the least class that is right, with a parameter more.
func With(name, value string) map[string]string {
	return map[string]string{"resturl": URL, name: value}
}

// Right are values of parameters that are right if nothing is given besides but a resturl.
var Right = map[string][]string{
	"resturl": {
		"http://heketi", "http://heketi/", "HTTPS://Heketi.example:65535/", "http://[::1]:8080", "http://[fe80::1%25eth0]",
		"http://heketi.storage.svc:1", "https://heketi-storage.10.1.nip.io", "http://my_heketi:0080", "http://hékéti.example",
	},
	"restauthenabled": {"", "true", "false", "TRUE", "False"},
	"restuser":        {"", "joe", "admin"},
	"restuserkey":     {"", "k", "My Secret Life"},
	"clusterid":       {"", " , ,", "a1B2", " b, a ,,b,a,"},
	"gidMin":          {"", "2000", "2147483646", "2147483647", "0002000"},
	"gidMax":          {"", "2000", "2147483646", "2147483647"},
	"volumetype": {
		"", "replicate", "replicate:2", "replicate:3", "disperse:2:1", "disperse:4:2", "disperse:8:3", "disperse:8:4", "none",
	},
	"volumeoptions": {
		"", " , , ", "user.heketi.arbiter true, , client.ssl on ,server.ssl on", "auth.allow 10.0.*,a/b:c=d@e%f+g -1", "a -",
		"cluster.lookup-optimize off,client.ssl on", "lookup-optimize no", "cluster.lookup-optimize on",
	},
	"volumenameprefix":   {"", "Dept-1-", "1", strings.Repeat("a", 40)},
	"snapfactor":         {"", "1", "1.0", "1.1", "100", "100.00", "007.", "1.00000000000000000001"},
	"customepnameprefix": {"", "a", "dept-1-", strings.Repeat("a", 26)},
	"endpointsscope":     {"", "claim", "cluster"},
	"pvsource":           {"", "auto", "glusterfs", "csi", "csi\n"},
	"smartclone":         {"", "false", "False"},
	"gidallocate":        {"", "true", "TRUE"},
}

// Wrong are values of parameters that are wrong whatever is given besides.
var Wrong = map[string][]string{
	"resturl": {
		"", "heketi", "heketi:8080", "10.0.0.1:8080", "//heketi", "ftp://heketi", "http:heketi", "http:///volumes",
		"http://", "http://:8080", "http://heketi:", "http://[::1]:", "http://heketi:0", "http://heketi:65536", "http://heketi:x", "http://heketi:-1",
		"http://heketi//", "http://heketi/api", "http://heketi/%2F", "http://heketi?", "http://heketi/?a=b", "http://heketi#", "http://heketi/#a",
		"http://@heketi", "http://joe@heketi", "http://heketi:1,http://other:1", "http://he keti", "http://heketi\x00", "http://[::1", "http://a,b",
		"http://heketi\nhttp://other", "http://heketi:70000", "http://heketi:655350",
	},
	"restauthenabled": {"yes", "1", "t", "tru", "false.", "falſe"},
	"clusterid":       {"a b", "a;b", "a-b", "é", "a,b_", "../a", "a\nb"},
	"gidMin":          wrongGIDs,
	"gidMax":          wrongGIDs,
	"volumetype": {
		"replicate:", "replicate:0", "replicate:1", "replicate:4", "replicate:-3", "replicate:03", "replicate:3:1", "replicate: 3",
		"Replicate:3", "disperse", "disperse:4", "disperse:4:", "disperse:4:2:1", "disperse:2:4", "disperse:6:2", "none:1", "distribute", ":3",
	},
	"volumeoptions": {
		"a", "a  b", "a b c", "a\tb", "a\nb", "a b\nc", "-a b", "--mode script", "a --log-file=/etc/passwd",
		"a b;reboot", "a $HOME", "a `id`", "a b|c", "a b&c", "a b>c", "a <b", "a 'b'", `a "b"`, `a b\c`, "a (b)", "a {b}", "a [b]", "a ~", "a !b",
		"a b#c", "a ?", "a ^b", "a é", "a b\x00", "a\u00a0b", "a --", "a b, c",
	},
	"volumenameprefix": {"-", "-a", "a_b", "a.b", "a b", "a/b", "é", strings.Repeat("a", 41)},
	"snapfactor": {
		"0", "0.99", "0.999999999999", "-1", "+1", "100.0001", "101", "NaN", "Inf", "+inf", "infinity", "0x1p3", "1e1", "1_0", "1,5", "1.2.3", ".", "a",
		".5", "1000", strings.Repeat("9", 400),
	},
	"customepnameprefix": {"A", "aB", "1a", "-a", "a_b", "a.b", "a b", "é", strings.Repeat("a", 27)},
	"endpointsscope":     {"Cluster", "CLAIM", "namespace", "true", "none", "claim,cluster"},
	"pvsource":           {"CSI", "Auto", "nfs", "true", "glusterfs.csi.gluster.org", "csi,glusterfs"},
	"smartclone":         {"true", "no", "0", "x"},
	"gidallocate":        {"false", "yes", "1", "x"},
}

var wrongGIDs = []string{
	"0", "1999", "-1", "-2000", "+2000", "2147483648", "4294967295", "4294967296", "99999999999999999999",
	"2e3", "2000.0", "0x7d0", "2_000", "2 000", "abc", "२०००", strings.Repeat("9", 400),
}
