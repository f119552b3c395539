package csi

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
)

// TestVolumesPerNode has the scheduler be told how many volumes a node may have.
func TestVolumesPerNode(t *testing.T) {
	p := startPlugin(t, "--max-volumes-per-node=7")
	info, err := p.node().NodeGetInfo(t.Context(), &csi.NodeGetInfoRequest{})
	if err != nil || info.MaxVolumesPerNode != 7 {
		t.Errorf("the node says %v, %v", info, err)
	}
}

// TestClientIsNotProtected has a plugin whose out-of-memory score is not that of a node's other
// processes, as kubelet has it for what is critical to the node. The client has theirs.
func TestClientIsNotProtected(t *testing.T) {
	p := startPluginOn(t, machine{on: []string{"choom", "--adjust", "500", "--"}, cgroup: env.cgroup})
	v := newVolume(t)
	p.use(t, v, "pod")
	for process, want := range map[int]string{p.process.PID(): "500", clientOf(t, p.stagingPath(v)): "0"} {
		if got := strings.TrimSpace(processInfo(t, process, "oom_score_adj")); got != want {
			t.Errorf("process %d has %s, want %s", process, got, want)
		}
	}
}

// TestClientIsElsewhere has the node have its client in a folder that is not looked in.
func TestClientIsElsewhere(t *testing.T) {
	program := filepath.Join(t.TempDir(), "mount.glusterfs")
	text, err := os.ReadFile("/usr/sbin/mount.glusterfs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, text, 0o755); err != nil {
		t.Fatal(err)
	}
	hideClient(t)
	p := startPlugin(t, "--mount-program="+program)
	v := newVolume(t)
	write(t, p.use(t, v, "pod"), "file")
	if metrics := p.get(t, "/metrics"); !strings.Contains(metrics, `glusterfs_csi_node_client_info{version="10.3"} 1`) {
		t.Error("the metrics do not have the client's version")
	}
}
