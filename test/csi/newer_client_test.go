package csi

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/test/bench"
	"glusterfs-provisioner/test/e2e/debian"
	"glusterfs-provisioner/test/e2e/gluster"
)

// newerPackages are what a node of Debian 13 needs for the tests, whose GlusterFS is 11.
var newerPackages = []string{"glusterfs-client", "attr", "iproute2", "mount", "util-linux"}

// newerRoot is the archive with the root of such a node.
func newerRoot(root string) string {
	return filepath.Join(root, "bin", "csi", "debian-13.tar")
}

// makeNewerRoot makes it, unless it is there.
func makeNewerRoot(ctx context.Context, root string) error {
	archive := newerRoot(root)
	if _, err := os.Stat(archive); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(archive), 0o755); err != nil {
		return err
	}
	return debian.MakeRoot(ctx, debian.Trixie, archive, newerPackages...)
}

// TestNewerClient mounts with the client of Debian 13 from the servers of Debian 12, over IPv4 and
// over IPv6, where it takes servers in another way.
func TestNewerClient(t *testing.T) {
	node := startNewerNode(t)
	if version := node.run(t, "glusterfs", "--version"); !strings.HasPrefix(version, "glusterfs 11.") {
		t.Fatalf("the client is %s", version)
	}
	p := startPluginOn(t, node)
	for name, hosts := range map[string][]*gluster.Host{"IPv4": env.hosts.All(), "IPv6": hostsWithIPv6(t)} {
		v := newVolumeOn(t, hosts)
		pod := p.use(t, v, "pod")
		node.run(t, "sh", "-ec", "echo "+name+" > "+pod+"/file; cat "+pod+"/file")
		for _, host := range hosts {
			if text, err := host.Run(t.Context(), "cat "+bricks+"/"+v.name+"/file"); err != nil || strings.TrimSpace(text) != name {
				t.Errorf("%s: on %s is %q, %v", name, host.Name(), text, err)
			}
		}
		line := strings.ReplaceAll(processInfo(t, clientOf(t, p.stagingPath(v)), "cmdline"), "\x00", " ")
		for _, host := range hosts {
			if !strings.Contains(line, "--volfile-server="+host.Address()) {
				t.Errorf("%s: the client does not know %s: %s", name, host.Address(), line)
			}
		}
		// The others are asked when the first one is gone, as by a client that starts anew.
		switchOff(t, hosts, hosts[0])
		p.end(t, v, "pod")
		p.use(t, v, "pod")
		if got := node.run(t, "cat", pod+"/file"); strings.TrimSpace(got) != name {
			t.Errorf("%s: the pod reads %q", name, got)
		}
	}
}

// startNewerNode starts a node whose files are those of Debian 13. The plugin's are the
// sandbox's.
func startNewerNode(t *testing.T) machine {
	t.Helper()
	root, err := env.sandbox.Folder("debian-13")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bench.Run(t.Context(), nil, "tar", "--extract", "--file="+newerRoot(env.root), "--directory="+root, "--exclude=./dev/*"); err != nil {
		t.Fatal(err)
	}
	script := `set -e
mount --make-rprivate /
mount --bind "$0" "$0"
for folder in /dev /run /sys "$@"; do
	mkdir -p "$0$folder"
	mount --rbind "$folder" "$0$folder"
done
mount -t proc proc "$0/proc"
cd "$0"
mkdir -p machine
pivot_root . machine
umount --lazy /machine
exec sleep infinity`
	return startMachine(t, env.cgroup, script, []string{root, filepath.Join(env.root, "bin"), os.TempDir()}, func(ctx context.Context, on []string) error {
		_, err := bench.Run(ctx, nil, on[0], append(on[1:], "grep", "--quiet", "VERSION_ID=\"13\"", "/etc/os-release")...)
		return err
	})
}
