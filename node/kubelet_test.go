package node

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/moby/sys/mountinfo"

	"glusterfs-provisioner/node/mount"
	"glusterfs-provisioner/node/namespace"
)

const (
	testCluster = "0123456789abcdef0123456789abcdef"
	testHandle  = testCluster + ":fedcba9876543210fedcba9876543210"
)

// kubelet calls plugins for one volume and one pod, each on a node of its own.
type kubelet struct {
	*standIn
	dir, staging, target string
	options              []string
	readOnly             bool
	mode                 csi.VolumeCapability_AccessMode_Mode
	service              *Service
}

func newKubelet(t *testing.T, options []string, readOnly bool) *kubelet {
	t.Helper()
	// The names of tests have characters that kubelet's folder has not.
	dir, err := os.MkdirTemp("", "kubelet")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	k := &kubelet{
		standIn: &standIn{namespaces: ownMounts(t)}, dir: dir, options: options, readOnly: readOnly,
		staging: filepath.Join(dir, "staging"),
	}
	k.target = k.targetOf(t, "pod")
	t.Cleanup(k.kill)
	if err := os.Mkdir(k.staging, 0o750); err != nil {
		t.Fatal(err)
	}
	k.restartPlugin()
	return k
}

// targetOf is where kubelet has the volume be published to a pod. It makes the folder that
// it is in.
func (k *kubelet) targetOf(t *testing.T, pod string) string {
	t.Helper()
	target := filepath.Join(k.dir, "pods", pod, "volumes/kubernetes.io~csi/pvc-1/mount")
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		t.Fatal(err)
	}
	return target
}

// restartPlugin has a plugin without any memory of the one before.
func (k *kubelet) restartPlugin() {
	k.service = New(Dependencies{
		NodeID: "node", Mounts: mount.New(k.namespaces, k.dir), Client: k.standIn, Servers: k.standIn, LogDir: "/var/log/glusterfs",
		Bounds:  Bounds{Mount: 10 * time.Second, Unmount: time.Second, Answer: 5 * time.Second},
		Mounted: func(time.Duration, error) {}, Healed: func() {},
	})
}

func (k *kubelet) capability() *csi.VolumeCapability {
	return &csi.VolumeCapability{
		AccessType: &csi.VolumeCapability_Mount{Mount: &csi.VolumeCapability_MountVolume{MountFlags: k.options}},
		AccessMode: &csi.VolumeCapability_AccessMode{Mode: k.mode},
	}
}

var testAttributes = map[string]string{"cluster": testCluster, "volume": "pvc-1", "servers": "10.0.0.1"}

func (k *kubelet) stage(ctx context.Context) error {
	_, err := k.service.NodeStageVolume(ctx, &csi.NodeStageVolumeRequest{
		VolumeId: testHandle, VolumeContext: testAttributes, StagingTargetPath: k.staging, VolumeCapability: k.capability(),
	})
	return err
}

func (k *kubelet) publish(ctx context.Context) error {
	_, err := k.service.NodePublishVolume(ctx, &csi.NodePublishVolumeRequest{
		VolumeId: testHandle, VolumeContext: testAttributes, StagingTargetPath: k.staging, TargetPath: k.target,
		VolumeCapability: k.capability(), Readonly: k.readOnly,
	})
	return err
}

func (k *kubelet) unpublish(ctx context.Context) error {
	_, err := k.service.NodeUnpublishVolume(ctx, &csi.NodeUnpublishVolumeRequest{VolumeId: testHandle, TargetPath: k.target})
	return err
}

func (k *kubelet) unstage(ctx context.Context) error {
	_, err := k.service.NodeUnstageVolume(ctx, &csi.NodeUnstageVolumeRequest{VolumeId: testHandle, StagingTargetPath: k.staging})
	return err
}

// What follows are parts of these calls, and what happens meanwhile.

func (k *kubelet) makeTarget(ctx context.Context) error { return k.service.Mounts.Make(ctx, k.target) }

func (k *kubelet) bind(ctx context.Context) error {
	return k.service.Mounts.Bind(ctx, k.staging, k.target, false)
}

func (k *kubelet) unmountTarget(ctx context.Context) error {
	return k.service.Mounts.Unmount(ctx, k.target, time.Second)
}

func (k *kubelet) killClients(context.Context) error {
	k.kill()
	return nil
}

// mountsAt are the mounts at a path, as the kernel has them.
func (k *kubelet) mountsAt(t *testing.T, path string) []*mountinfo.Info {
	t.Helper()
	infos, err := namespace.Do(t.Context(), k.namespaces, func() ([]*mountinfo.Info, error) {
		return mountinfo.GetMounts(func(info *mountinfo.Info) (skip, stop bool) { return info.Mountpoint != path, false })
	})
	if err != nil {
		t.Fatal(err)
	}
	return infos
}

// give stages the volume and publishes it to the pod.
func (k *kubelet) give(t *testing.T) {
	t.Helper()
	if err := k.stage(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := k.publish(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// onlyMountAt is the only mount at a path.
func (k *kubelet) onlyMountAt(t *testing.T, path string) *mountinfo.Info {
	t.Helper()
	mounts := k.mountsAt(t, path)
	if len(mounts) != 1 {
		t.Fatalf("there are %d mounts on %s, want one", len(mounts), path)
	}
	return mounts[0]
}

// mustRepeat calls a plugin as kubelet does after its restarts, and ends the pod.
func (k *kubelet) mustRepeat(t *testing.T, want string) {
	t.Helper()
	for i := range 3 {
		k.restartPlugin()
		if err := k.stage(t.Context()); err != nil {
			t.Fatalf("staging, time %d: %v", i+1, err)
		}
		if err := k.publish(t.Context()); err != nil {
			t.Fatalf("publishing, time %d: %v", i+1, err)
		}
		if staged, published := len(k.mountsAt(t, k.staging)), len(k.mountsAt(t, k.target)); staged != 1 || published != 1 {
			t.Fatalf("%d are staged and %d published", staged, published)
		}
		got := words(k.mountsAt(t, k.target)[0].Options)
		for _, option := range words(want) {
			if !slices.Contains(got, option) {
				t.Errorf("the pod's mount is %v, want %s", got, want)
			}
		}
	}
	for range 2 {
		if err := errors.Join(k.unpublish(t.Context()), k.unstage(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	if left := append(k.mountsAt(t, k.staging), k.mountsAt(t, k.target)...); len(left) > 0 {
		t.Errorf("left are %v", left)
	}
}

// words are those of a list with commas in between.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}
