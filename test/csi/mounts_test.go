package csi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"

	"glusterfs-provisioner/node"
	"glusterfs-provisioner/test/bench"
)

// TestClientIsTheNodes looks at the process that serves a volume: it is in the network
// and the cgroups of the node's first process, not of the plugin.
func TestClientIsTheNodes(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	p.use(t, v, "pod")
	client := clientOf(t, p.stagingPath(v))
	for _, what := range []string{"ns/net", "ns/mnt", "ns/uts", "cgroup"} {
		if client, host := processInfo(t, client, what), processInfo(t, 1, what); client != host {
			t.Errorf("%s of the client is %s, want that of the node's first process, %s", what, client, host)
		}
	}
	if slices.Contains(p.processes(t), client) {
		t.Error("the client is in the plugin's cgroup")
	}
	if len(p.processes(t)) == 0 {
		t.Error("the plugin is not in its own cgroup, so the test says nothing")
	}
}

func processInfo(t *testing.T, process int, what string) string {
	t.Helper()
	path := filepath.Join("/proc", strconv.Itoa(process), what)
	if link, err := os.Readlink(path); err == nil {
		return link
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestOneClientForAllPods publishes a volume to two pods, one of which may only read.
func TestOneClientForAllPods(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	writer := p.use(t, v, "writer")
	if err := p.publish(t.Context(), v, "reader", true); err != nil {
		t.Fatal(err)
	}
	reader := p.targetPath(v, "reader")
	write(t, writer, "file")
	mustHaveFile(t, reader)
	if err := os.WriteFile(filepath.Join(reader, "other"), nil, 0o600); !errors.Is(err, syscall.EROFS) {
		t.Errorf("the pod that may only read writes: %v", err)
	}
	if err := p.publish(t.Context(), v, "reader", true); err != nil {
		t.Errorf("it cannot be repeated: %v", err)
	}
	if err := p.publish(t.Context(), v, "reader", false); status.Code(err) != codes.AlreadyExists {
		t.Errorf("publishing in another way ended with %v", err)
	}
	if err := p.unpublish(t.Context(), v, "reader"); err != nil {
		t.Error(err)
	}
	write(t, writer, "more")
}

// TestVolumeIsNotTouched looks at the mode and the owner of a volume before and after.
func TestVolumeIsNotTouched(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	pod := p.use(t, v, "pod")
	if err := errors.Join(os.Chown(pod, 0, 2345), os.Chmod(pod, 0o775|os.ModeSetgid)); err != nil {
		t.Fatal(err)
	}
	if err := p.publish(t.Context(), v, "other", false); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(p.targetPath(v, "other"))
	if err != nil {
		t.Fatal(err)
	}
	if owner := info.Sys().(*syscall.Stat_t); owner.Gid != 2345 || info.Mode() != os.ModeDir|os.ModeSetgid|0o775 {
		t.Errorf("the volume is of group %d with mode %v", owner.Gid, info.Mode())
	}
	if err := p.unpublish(t.Context(), v, "other"); err != nil {
		t.Error(err)
	}
}

func TestStats(t *testing.T) {
	p := startPlugin(t)
	v := newVolume(t)
	p.use(t, v, "pod")
	response := p.stats(t, v, "pod")
	if len(response.GetUsage()) != 2 || response.GetVolumeCondition().GetAbnormal() {
		t.Fatalf("the stats are %v", response)
	}
	for _, usage := range response.GetUsage() {
		if usage.GetTotal() <= 0 || usage.GetAvailable() <= 0 || usage.GetUsed() < 0 || usage.GetUsed()+usage.GetAvailable() > usage.GetTotal() {
			t.Errorf("usage is %v", usage)
		}
	}
}

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
			[]string{"cannot mount volume nobodys from 10.77.0.", "the end of /var/log/glusterfs/csi-" + cluster, "failed to get the 'volume file' from server"}},
		"no such option":   {func() error { return p.stage(t.Context(), v, "no-such-option") }, codes.Internal, []string{"Invalid option no-such-option"}},
		"a dangerous one":  {func() error { return p.stage(t.Context(), v, "dump-fuse=/etc/passwd") }, codes.InvalidArgument, []string{"mountOptions", "dump-fuse=/etc/passwd"}},
		"no volume at all": {func() error { return p.stage(t.Context(), glusterVolume{handle: v.handle}) }, codes.InvalidArgument, []string{"volumeAttributes.volume"}},
	} {
		checkRefused(t, name, stage.do(), stage.code, stage.want...)
	}
	hideClient(t)
	checkRefused(t, "no client", p.stage(t.Context(), v), codes.FailedPrecondition, "node node", "install glusterfs-client", "--client=container")
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

// TestManyPodsAtOnce starts and ends 30 pods on 5 volumes at once.
func TestManyPodsAtOnce(t *testing.T) {
	p := startPlugin(t)
	var volumes []glusterVolume
	for range 5 {
		volumes = append(volumes, newVolume(t))
	}
	forAll := func(do func(ctx context.Context, v glusterVolume, pod string) error) {
		group, ctx := errgroup.WithContext(t.Context())
		for i := range 30 {
			group.Go(func() error { return do(ctx, volumes[i%len(volumes)], fmt.Sprintf("pod-%d", i)) })
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	forAll(func(ctx context.Context, v glusterVolume, pod string) error {
		if err := p.stage(ctx, v); err != nil {
			return err
		}
		if err := p.publish(ctx, v, pod, false); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(p.targetPath(v, pod), pod), nil, 0o600)
	})
	forAll(p.unpublish)
	for _, v := range volumes {
		if err := p.unstage(t.Context(), v); err != nil {
			t.Error(err)
		}
		if mounts := mountsAt(t, p.stagingPath(v)); mounts != 0 {
			t.Errorf("%s is still mounted %d times", v.name, mounts)
		}
	}
	targets, err := filepath.Glob(p.kubeletDir + "/pods/*/volumes/*/*/mount")
	if err != nil || len(targets) != 0 {
		t.Errorf("left: %v, %v", targets, err)
	}
}

// TestRegistration asks as kubelet does when it finds the plugin's socket, also after
// somebody has tidied up.
func TestRegistration(t *testing.T) {
	p := startPlugin(t)
	socket := filepath.Join(p.kubeletDir, "plugins_registry", node.DriverName+"-reg.sock")
	connection, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	registration := registerapi.NewRegistrationClient(connection)
	info, err := registration.GetInfo(t.Context(), &registerapi.InfoRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if info.Type != registerapi.CSIPlugin || info.Name != node.DriverName || info.Endpoint != p.socket() || !slices.Contains(info.SupportedVersions, "1.0.0") {
		t.Errorf("the plugin is %+v", info)
	}
	if ready := p.get(t, "/readyz"); strings.TrimSpace(ready) == "ok" {
		t.Error("the plugin is ready before it is registered")
	}
	if _, err := registration.NotifyRegistrationStatus(t.Context(), &registerapi.RegistrationStatus{PluginRegistered: true}); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/readyz", "/healthz"} {
		if answer := p.get(t, path); strings.TrimSpace(answer) != "ok" {
			t.Errorf("%s says %s", path, answer)
		}
	}
	if err := os.Remove(socket); err != nil {
		t.Fatal(err)
	}
	bench.Eventually(t, patience, func(context.Context) error {
		_, err := os.Stat(socket)
		return err
	})
	if _, err := registration.GetInfo(t.Context(), &registerapi.InfoRequest{}); err != nil {
		t.Error(err)
	}
}
