package monitoring

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	v1 "k8s.io/api/core/v1"

	glusterfs "glusterfs-provisioner/node"
)

// plugin starts the node plugin on what is no node: no kubelet registers it, and it has no GlusterFS
// client.
func (s *stage) plugin(t *testing.T) (kubeletDir string, started *process) {
	t.Helper()
	kubeletDir = filepath.Join(s.logs, "kubelet")
	for _, folder := range []string{"plugins/" + glusterfs.DriverName, "plugins_registry"} {
		if err := os.MkdirAll(filepath.Join(kubeletDir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	// As in a pod that sees the node's processes, the first of which is the shell here.
	return kubeletDir, s.start(t, "glusterfs-csi-node", plugins, "glusterfs-csi-node-a",
		"/usr/bin/unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", `"$0" "$@" & wait`,
		s.program("glusterfs-csi-node"), "--kubeconfig="+s.cluster.Kubeconfig(), "--node-name="+node, "--client=container", "--mount-program="+s.logs+"/mount.glusterfs",
		"--kubelet-dir="+kubeletDir, "--log-dir="+s.logs, "--survey-interval=1s")
}

// keepStaging calls the plugin as kubelet does, with a volume, again and again until the test ends.
func keepStaging(t *testing.T, kubeletDir string, pv *v1.PersistentVolume) {
	t.Helper()
	connection := must[*grpc.ClientConn](t)(grpc.NewClient("unix://"+filepath.Join(kubeletDir, "plugins", glusterfs.DriverName, "csi.sock"),
		grpc.WithTransportCredentials(insecure.NewCredentials())))
	stopAtEnd(t, connection.Close)
	staging := filepath.Join(kubeletDir, glusterfs.StagingFolder, "0123", "globalmount")
	if err := os.MkdirAll(staging, 0o700); err != nil {
		t.Fatal(err)
	}
	request := &csi.NodeStageVolumeRequest{
		VolumeId: pv.Spec.CSI.VolumeHandle, VolumeContext: pv.Spec.CSI.VolumeAttributes, StagingTargetPath: staging,
		VolumeCapability: &csi.VolumeCapability{
			AccessType: &csi.VolumeCapability_Mount{Mount: &csi.VolumeCapability_MountVolume{}},
			AccessMode: &csi.VolumeCapability_AccessMode{Mode: csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER},
		},
	}
	go func() {
		for t.Context().Err() == nil {
			_, _ = csi.NewNodeClient(connection).NodeStageVolume(t.Context(), request)
			select {
			case <-t.Context().Done():
			case <-time.After(time.Second):
			}
		}
	}()
}
