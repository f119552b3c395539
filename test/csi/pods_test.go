package csi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
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
	p.mustNotContain(t, client)
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
		waitForNoClient(t, p.stagingPath(v))
	}
	targets, err := filepath.Glob(p.kubeletDir + "/pods/*/volumes/*/*/mount")
	if err != nil || len(targets) != 0 {
		t.Errorf("left: %v, %v", targets, err)
	}
}
