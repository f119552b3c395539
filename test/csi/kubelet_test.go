package csi

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"

	"glusterfs-provisioner/node"
)

// stagingPath is where kubelet has a volume be staged.
func (p *plugin) stagingPath(v glusterVolume) string {
	return filepath.Join(p.kubeletDir, "plugins/kubernetes.io/csi", node.DriverName, fmt.Sprintf("%x", sha256.Sum256([]byte(v.handle))), "globalmount")
}

// targetPath is where kubelet has a volume be published to a pod.
func (p *plugin) targetPath(v glusterVolume, pod string) string {
	return filepath.Join(p.kubeletDir, "pods", pod, "volumes/kubernetes.io~csi", v.name, "mount")
}

func capabilityOf(options ...string) *csi.VolumeCapability {
	return &csi.VolumeCapability{
		AccessType: &csi.VolumeCapability_Mount{Mount: &csi.VolumeCapability_MountVolume{MountFlags: options}},
		AccessMode: &csi.VolumeCapability_AccessMode{Mode: csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER},
	}
}

// stage stages a volume as kubelet does.
func (p *plugin) stage(ctx context.Context, v glusterVolume, options ...string) error {
	if err := os.MkdirAll(p.stagingPath(v), 0o750); err != nil {
		return err
	}
	_, err := p.node().NodeStageVolume(ctx, &csi.NodeStageVolumeRequest{
		VolumeId: v.handle, VolumeContext: v.attributes, StagingTargetPath: p.stagingPath(v), VolumeCapability: capabilityOf(slices.Concat(v.options, options)...),
	})
	return err
}

func (p *plugin) unstage(ctx context.Context, v glusterVolume) error {
	_, err := p.node().NodeUnstageVolume(ctx, &csi.NodeUnstageVolumeRequest{VolumeId: v.handle, StagingTargetPath: p.stagingPath(v)})
	return err
}

// publish publishes a volume to a pod as kubelet does.
func (p *plugin) publish(ctx context.Context, v glusterVolume, pod string, readOnly bool) error {
	target := p.targetPath(v, pod)
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return err
	}
	_, err := p.node().NodePublishVolume(ctx, &csi.NodePublishVolumeRequest{
		VolumeId: v.handle, VolumeContext: v.attributes, StagingTargetPath: p.stagingPath(v), TargetPath: target,
		VolumeCapability: capabilityOf(v.options...), Readonly: readOnly,
	})
	return err
}

func (p *plugin) unpublish(ctx context.Context, v glusterVolume, pod string) error {
	_, err := p.node().NodeUnpublishVolume(ctx, &csi.NodeUnpublishVolumeRequest{VolumeId: v.handle, TargetPath: p.targetPath(v, pod)})
	return err
}

func (p *plugin) stats(t *testing.T, v glusterVolume, pod string) *csi.NodeGetVolumeStatsResponse {
	t.Helper()
	response, err := p.node().NodeGetVolumeStats(t.Context(), &csi.NodeGetVolumeStatsRequest{VolumeId: v.handle, VolumePath: p.targetPath(v, pod)})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

// use stages a volume and publishes it to a pod, and takes it away at the end of the
// test. It returns the pod's folder.
func (p *plugin) use(t *testing.T, v glusterVolume, pod string) string {
	t.Helper()
	if err := p.stage(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	if err := p.publish(t.Context(), v, pod, false); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.end(t, v, pod) })
	return p.targetPath(v, pod)
}

// end takes a volume from a pod and unstages it. Nothing may be left.
func (p *plugin) end(t *testing.T, v glusterVolume, pod string) {
	t.Helper()
	ctx := context.Background()
	if err := p.unpublish(ctx, v, pod); err != nil {
		t.Error(err)
	}
	if err := p.unstage(ctx, v); err != nil {
		t.Error(err)
	}
	for _, path := range []string{p.targetPath(v, pod), p.stagingPath(v)} {
		if mounts := mountsAt(t, path); mounts != 0 {
			t.Errorf("%s is still mounted %d times", path, mounts)
		}
	}
}
