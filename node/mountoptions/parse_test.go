package mountoptions

import (
	"slices"
	"strings"
	"testing"
)

const logs = "/var/log/glusterfs"

// TestParse has what people write into classes and /etc/fstab, and what of it reaches
// mount.glusterfs.
func TestParse(t *testing.T) {
	for given, want := range map[string]string{
		"":                             "",
		"ro,log-level=INFO":            "ro,log-level=INFO",
		"acl log-level=WARNING":        "acl,log-level=WARNING",
		"log-file=" + logs + "/my.log": "log-file=" + logs + "/my.log",
		"backup-volfile-servers=10.0.0.1:[fd00::2]:gluster-3.example.com": "backup-volfile-servers=10.0.0.1:[fd00::2]:gluster-3.example.com",
		"backupvolfile-server=gluster-2":                                  "backupvolfile-server=gluster-2",
		"defaults,_netdev,backupvolfile-server=127.0.0.2":                 "backupvolfile-server=127.0.0.2",
		"defaults _netdev": "",
		"rw,nofail":        "",
		"noauto,x-systemd.automount,X-a.b=/c,comment=d": "",
		"x-systemd.requires=/a,x-mount.mkdir":           "",
		"owner":                                         "nosuid,nodev",
		"ro,":                                           "ro",
		"ro,rw":                                         "",
		"rw,ro":                                         "ro",
		"transport=tcp":                                 "transport=tcp",
		"subdir-mount=sub":                              "subdir-mount=sub",
		"subdir-mount=/sub/..deep/a.b":                  "subdir-mount=/sub/..deep/a.b",
		"subdir-mount=sub/":                             "subdir-mount=sub/",
		"direct-io-mode=enable direct-io-mode=Auto":      "direct-io-mode=enable,direct-io-mode=Auto",
		"attribute-timeout=0.5,entry-timeout=600":        "attribute-timeout=0.5,entry-timeout=600",
		"negative-timeout=10,gid-timeout=2":              "negative-timeout=10,gid-timeout=2",
		"noatime,nodiratime,noexec,nodev,nosuid":         "noatime,nodiratime,noexec,nodev,nosuid",
		"fopen-keep-cache,use-readdirp=no":               "fopen-keep-cache,use-readdirp=no",
		"xlator-option=transport.address-family=inet6":   "xlator-option=transport.address-family=inet6",
		"context=system_u:object_r:container_file_t:s0":  "context=system_u:object_r:container_file_t:s0",
		"server-port=24107,lru-limit=0,fetch-attempts=5": "server-port=24107,lru-limit=0,fetch-attempts=5",
		"auto_unmount,process-name=my.app":               "auto_unmount,process-name=my.app",
		// mount.glusterfs says that there is none.
		"no-such-option,other=1": "no-such-option,other=1",
	} {
		options, err := Parse(strings.Fields(given), logs+"/")
		if err != nil || options.String() != want {
			t.Errorf("%q was read as %q, %v; want %q", given, options, err, want)
		}
		for _, by := range []Mounter{Plugin, Kubelet} {
			if err := Check(strings.Fields(given), by); err != nil {
				t.Errorf("%q is refused for mounter %d: %v", given, by, err)
			}
		}
	}
}

// refusals are options that nobody may mount with, and what the message says besides.
var refusals = map[string]string{
	// More than a word to a shell.
	"-o": "name=value", "--dump-fuse=/x": "name=value", "a=": "name=value", "a b": "blanks", "a=b c": "blanks", "a=*": "wildcards",
	"a=$(b)": "", "a=`b`": "", "a=b;c": "", "a='b'": "quotes", `a="b"`: "quotes", "a\nb": "", "ro, noatime": "blanks", "é": "",
	// Out of the volume.
	"subdir-mount":                    "want a folder of the volume",
	"subdir-mount=..":                 "want no . and ..",
	"subdir-mount=../..":              "want no . and ..",
	"subdir-mount=../../../elsewhere": "want no . and ..",
	"subdir-mount=sub/..":             "want no . and ..",
	"subdir-mount=sub/../../x":        "want no . and ..",
	"subdir-mount=/..":                "want no . and ..",
	"subdir-mount=./sub":              "want no . and ..",
	"subdir-mount=/":                  "nothing empty",
	"subdir-mount=//":                 "nothing empty", "subdir-mount=a//": "nothing empty",
	"subdir-mount=a//b":                "nothing empty",
	"subdir-mount=.glusterfs":          "servers' own",
	"subdir-mount=/.glusterfs/indices": "servers' own",
	"subdir-mount=a:b=c":               "want a folder of the volume",
	// Something else than the volume.
	"volume-id=other": "something else", "volume-name=v-client-0": "something else", "volume-id": "something else",
	"transport=unix": "want tcp", "transport=rdma": "want tcp", "transport=tcp/../x": "want tcp", "transport": "want tcp",
	"backup-volfile-servers=/run/socket": "host names", "backupvolfile-server=../x": "host names", "backup-volfile-servers=..": "want no . and ..",
	"xlator-option=*.remote-host=10.0.0.9": "wildcards", "xlator-option=v-client-0.remote-subvolume=/other/brick": "want transport.address-family=inet6",
	"xlator-option=v-io-stats.unique-id=x": "volumeoptions", "xlator-option=transport.address-family=unix": "want transport.address-family=inet6",
	"bind": "leave it out", "remount": "leave it out", "loop=/dev/loop0": "leave it out", "shared": "leave it out", "helper=x": "leave it out", "uhelper=../x": "leave it out",
	"X-mount.subdir=../../../etc": "mount(8)", "x-mount.subdir=a": "mount(8)", "X-mount.owner=root": "mount(8)", "X-mount.mode=0777": "mount(8)",
	// Files of the node.
	"dump-fuse=/etc/cron.d/x": "log-level=DEBUG", "dump-fuse": "log-level=DEBUG",
	"log-file=/etc/../var/log/x": "want no . and ..", "log-file=x": "the path of a file", "log-file": "the path of a file", "log-file=/": "the path of a file", "log-file=/var/log/glusterfs/..": "want no . and ..",
	"log-file=/var/log/glusterfs/": "nothing empty", "log-file=/var/log//x": "nothing empty",
	"fuse-mountopts=allow_other": "noatime", "user": "nosuid", "users": "nosuid",
	// Not known, but of a form that might be a path.
	"later-option=/etc/passwd": "without slashes", "later-option=..": "want no . and ..", "later-option=a=b": "without slashes", "later-option=../x": "without slashes",
	// mount.glusterfs would refuse them.
	"ro=1": "no value", "acl=on": "no value", "attribute-timeout=soon": "seconds", "lru-limit=64k": "a number", "use-readdirp=maybe": "on or off", "direct-io-mode=maybe": "auto",
	"log-level=a/b": "a word", "context=a/b": "SELinux", "log-level": "a word",
}

func TestRefusals(t *testing.T) {
	for option, want := range refusals {
		_, parsed := Parse([]string{"noatime", option}, logs)
		for by, err := range map[string]error{"the plugin": parsed, "a claim": Check([]string{option}, Plugin), "kubelet": Check([]string{option}, Kubelet)} {
			if err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "mountOptions \"") {
				t.Errorf("%q for %s: error is %v, want it to say %q", option, by, err, want)
			}
		}
	}
}

// TestLogFiles has the one option that depends on who mounts.
func TestLogFiles(t *testing.T) {
	for file, refused := range map[string][]string{
		logs + "/x":        nil,
		"/var/log/x":       {"node"},
		logs + "/a/b":      {"node"},
		logs:               {"node"},
		"/etc/cron.d/x":    {"node", "kubelet"},
		"/var/logx":        {"node", "kubelet"},
		"/opt/logs/my.log": {"node", "kubelet"},
	} {
		option := []string{"log-file=" + file}
		_, node := Parse(option, logs)
		for by, err := range map[string]error{"node": node, "claim": Check(option, Plugin), "kubelet": Check(option, Kubelet)} {
			if slices.Contains(refused, by) != (err != nil) {
				t.Errorf("%s at the %s: error is %v", file, by, err)
			}
		}
	}
}

func TestAllThatIsWrongIsNamed(t *testing.T) {
	err := Check([]string{"ro", "dump-fuse=/x,noatime", "subdir-mount=" + strings.Repeat("../", 100)}, Plugin)
	for _, want := range []string{`"dump-fuse=/x"`, `; mountOptions "subdir-mount=../../`, `...": want no`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want it to say %s", err, want)
		}
	}
	if len(err.Error()) > 500 {
		t.Errorf("the error has %d characters", len(err.Error()))
	}
}

func TestGivenOptionsWinOverDefaults(t *testing.T) {
	given := Options{{"log-level", "INFO"}, {"log-level", "DEBUG"}, {"ro", ""}}
	got := given.WithDefaults(Option{"log-level", "ERROR"}, Option{"log-file", "/x"})
	if want := "log-file=/x,log-level=INFO,log-level=DEBUG,ro"; got.String() != want {
		t.Errorf("options are %s, want %s", got, want)
	}
	if level, _ := got.Value("log-level"); level != "DEBUG" {
		t.Errorf("the last log level is %s", level)
	}
}
