package csi

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestErrorsTellTheReason stages a volume that is not there, options that are none, and
// a volume on a node that has no GlusterFS client.
func TestErrorsTellTheReason(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	missing := v
	missing.attributes = map[string]string{"cluster": cluster, "volume": "nobodys", "servers": v.attributes["servers"]}
	for name, stage := range map[string]struct {
		do   func() error
		code codes.Code
		want []string
	}{
		"no such volume": {func() error { return p.stage(t.Context(), missing) }, codes.Internal,
			[]string{"cannot mount volume nobodys: GlusterFS client 10.3: ", "failed to get the 'volume file' from server", "see /var/log/glusterfs/csi-" + cluster,
				"asked were 10.77.0.", "which the PersistentVolume recorded, because ConfigMap glusterfs-provisioner/glusterfs-cluster-" + cluster + " cannot be read: dial tcp"}},
		"no such option":   {func() error { return p.stage(t.Context(), v, "no-such-option") }, codes.Internal, []string{"Invalid option no-such-option"}},
		"a dangerous one":  {func() error { return p.stage(t.Context(), v, "dump-fuse=/etc/passwd") }, codes.InvalidArgument, []string{"mountOptions", "dump-fuse=/etc/passwd"}},
		"no volume at all": {func() error { return p.stage(t.Context(), glusterVolume{handle: v.handle}) }, codes.InvalidArgument, []string{"volumeAttributes.volume"}},
	} {
		checkRefused(t, name, stage.do(), stage.code, stage.want...)
	}
	hideClient(t)
	checkRefused(t, "no client", p.stage(t.Context(), v), codes.FailedPrecondition, "node node", "mount.glusterfs is in none of ", ":/opt/bin:",
		"install glusterfs-client", "--mount-program", "--client=container")
	if metrics := p.get(t, "/metrics"); !strings.Contains(metrics, `glusterfs_csi_node_client_info{version="none"} 1`) {
		t.Error("the metrics do not tell that there is no client")
	}
	if metrics := p.get(t, "/metrics"); !strings.Contains(metrics, `glusterfs_csi_node_mount_duration_seconds_count{outcome="failed"} 3`) {
		t.Error("the metrics do not tell of three failures")
	}
}

func checkRefused(t *testing.T, name string, err error, code codes.Code, want ...string) {
	t.Helper()
	if status.Code(err) != code {
		t.Errorf("%s: error is %v, want code %v", name, err, code)
	}
	for _, text := range want {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: error is %v, want it to say %q", name, err, text)
		}
	}
	if err != nil && len(err.Error()) > 1024 {
		t.Errorf("%s: the error is longer than an event", name)
	}
}

// hideClient has the node have no GlusterFS client, until the end of the test.
func hideClient(t *testing.T) {
	t.Helper()
	nothing := filepath.Join(t.TempDir(), "nothing")
	if err := os.WriteFile(nothing, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const program = "/usr/sbin/mount.glusterfs"
	if err := syscall.Mount(nothing, program, "", syscall.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(program, 0); err != nil {
			t.Error(err)
		}
	})
}

// TestPathsOutside asks for places that are none for volumes.
func TestPathsOutside(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	if err := p.stage(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.end(t, v, "pod") })
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(p.kubeletDir, "pods", "link")); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{
		outside + "/target", "/etc", "relative/target", p.kubeletDir, p.kubeletDir + "/pods/../../x", p.kubeletDir + "//x",
		p.kubeletDir + "/pods/link/target", p.kubeletDir + "/pods/link", p.kubeletDir + "/pods/a b", p.kubeletDir + "/pods/$(reboot)",
	} {
		_, err := p.node().NodePublishVolume(t.Context(), &csi.NodePublishVolumeRequest{
			VolumeId: v.handle, VolumeContext: v.attributes, StagingTargetPath: p.stagingPath(v), TargetPath: target, VolumeCapability: capabilityOf(),
		})
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("publishing to %s ended with %v", target, err)
		}
		_, err = p.node().NodeUnpublishVolume(t.Context(), &csi.NodeUnpublishVolumeRequest{VolumeId: v.handle, TargetPath: target})
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("unpublishing from %s ended with %v", target, err)
		}
	}
	entries, err := os.ReadDir(outside)
	if err != nil || len(entries) != 0 {
		t.Errorf("there is something outside: %v, %v", entries, err)
	}
}

// TestOtherFileSystemsAreLeftAlone asks for a target on which something else is mounted.
func TestOtherFileSystemsAreLeftAlone(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	p.use(t, v, "pod")
	target := p.targetPath(v, "other")
	if err := os.MkdirAll(target, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", target, "tmpfs", 0, ""); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(target, 0) })
	if err := p.publish(t.Context(), v, "other", false); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("publishing ended with %v", err)
	}
	if err := p.unpublish(t.Context(), v, "other"); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("unpublishing ended with %v", err)
	}
	if mounts := mountsAt(t, target); mounts != 1 {
		t.Errorf("%d are mounted there, want the one that was", mounts)
	}
}
