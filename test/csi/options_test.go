package csi

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/moby/sys/mountinfo"
	"google.golang.org/grpc/codes"
)

// TestMountOptions mounts with what people have in classes and in /etc/fstab, and does so again
// after kubelet and the plugin were restarted.
func TestMountOptions(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	pod := p.use(t, v, "maker")
	if err := os.MkdirAll(filepath.Join(pod, "sub", "deep"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, pod, "sub/deep/file")
	write(t, pod, "file")
	p.end(t, v, "maker")
	for name, test := range map[string]struct {
		options []string
		// source ends with it, and want is in the pod's mount.
		source, want string
	}{
		"ro":                     {[]string{"ro"}, ":/" + v.name, "ro"},
		"ro, then rw":            {[]string{"ro,rw"}, ":/" + v.name, "rw"},
		"transport":              {[]string{"transport=tcp"}, ":/" + v.name + ".tcp", "rw"},
		"transport, ro":          {[]string{"transport=tcp", "ro"}, ":/" + v.name + ".tcp", "ro"},
		"a folder":               {[]string{"subdir-mount=sub/deep"}, ":/" + v.name + "/sub/deep", "rw"},
		"a folder, with slashes": {[]string{"subdir-mount=/sub/deep/,transport=tcp"}, ".tcp//sub/deep/", "rw"},
		"of fstab":               {[]string{"defaults,_netdev,nofail", "noauto,x-systemd.automount", "rw"}, ":/" + v.name, "rw"},
		"the kernel's":           {[]string{"noatime", "nodev", "noexec", "nosuid"}, ":/" + v.name, "rw,noatime,nodev,noexec,nosuid"},
		"the client's": {[]string{"acl", "log-level=WARNING", "direct-io-mode=enable", "attribute-timeout=0.5,entry-timeout=1,negative-timeout=1",
			"backup-volfile-servers=" + env.hosts.All()[1].Address() + ":gluster-3", "use-readdirp=no", "lru-limit=1000", "resolve-gids", "fopen-keep-cache"}, ":/" + v.name, "rw"},
		"of an owner": {[]string{"owner"}, ":/" + v.name, "nosuid,nodev"},
		"IPv4":        {[]string{"xlator-option=transport.address-family=inet"}, ":/" + v.name, "rw"},
	} {
		t.Run(name, func(t *testing.T) {
			v := v
			v.options = test.options
			p.use(t, v, "pod")
			p.restart(t)
			for range 2 {
				p.use(t, v, "pod")
			}
			mustBeMounted(t, p.targetPath(v, "pod"), test.source, test.want)
		})
	}
}

// restart kills the plugin and starts it again.
func (p *plugin) restart(t *testing.T) {
	t.Helper()
	p.killContainer(t)
	p.start(t)
}

// mustBeMounted looks at what a pod has: there is a file, which can be changed unless the mount
// is read-only.
func mustBeMounted(t *testing.T, target, source, options string) {
	t.Helper()
	mounts, err := mountinfo.GetMounts(func(info *mountinfo.Info) (skip, stop bool) { return info.Mountpoint != target, false })
	if err != nil || len(mounts) != 1 {
		t.Fatalf("%d are mounted on %s, %v", len(mounts), target, err)
	}
	if !strings.HasSuffix(mounts[0].Source, source) {
		t.Errorf("mounted is %s, want it to end with %s", mounts[0].Source, source)
	}
	for option := range strings.SplitSeq(options, ",") {
		if !strings.Contains(","+mounts[0].Options+",", ","+option+",") {
			t.Errorf("the mount's options are %s, want %s", mounts[0].Options, options)
		}
	}
	mustHaveFile(t, target)
	var want error
	if strings.Contains(options, "ro") {
		want = syscall.EROFS
	}
	if err := os.WriteFile(filepath.Join(target, "file"), []byte(text), 0o600); !errors.Is(err, want) {
		t.Errorf("writing ended with %v, want %v", err, want)
	}
}

// TestPluginIsKilledWithinTheBind has a pod that may only read, and a plugin that was killed
// when it had bound the volume, and not made it read-only yet.
func TestPluginIsKilledWithinTheBind(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	p.use(t, v, "pod")
	p.killContainer(t)
	target := p.targetPath(v, "reader")
	if err := os.MkdirAll(target, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount(p.stagingPath(v), target, "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	write(t, target, "file")
	p.start(t)
	for range 2 {
		if err := p.publish(t.Context(), v, "reader", true); err != nil {
			t.Fatal(err)
		}
		mustBeMounted(t, target, ":/"+v.name, "ro")
	}
	if err := p.unpublish(t.Context(), v, "reader"); err != nil {
		t.Error(err)
	}
}

// TestRefusedMountOptions has mount options that would lead out of the volume, or be of no use.
// GlusterFS servers follow the first ones.
func TestRefusedMountOptions(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	for option, want := range map[string]string{
		"subdir-mount=../../../elsewhere":     "want no . and ..",
		"subdir-mount=sub/../../x":            "want no . and ..",
		"subdir-mount=.glusterfs":             "servers' own",
		"transport=unix":                      "want tcp",
		"backup-volfile-servers=/run/socket":  "host names",
		"log-file=/var/log/glusterfs/../x":    "want no . and ..",
		"log-file=/etc/cron.d/x":              "want a file in /var/log/glusterfs",
		"volume-name=" + v.name + "-client-0": "something else",
		"X-mount.subdir=../x":                 "leave it out",
		"later-option=/etc/passwd":            "without slashes",
	} {
		checkRefused(t, option, p.stage(t.Context(), v, option), codes.InvalidArgument, "mountOptions \""+option+"\"", want)
	}
	if mounts := mountsAt(t, p.stagingPath(v)); mounts != 0 {
		t.Errorf("%d are mounted", mounts)
	}
}
