package keeper

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glusterfs-provisioner/keeper/topologyfile"
)

// applied returns what the API server says of objects, none of which is kept.
func applied(t *testing.T, text string) error {
	t.Helper()
	file := filepath.Join(t.TempDir(), "object.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := env.cluster.Kubectl(t.Context(), "apply", "--dry-run=server", "-f", file)
	return err
}

func example(t *testing.T) string {
	t.Helper()
	return string(must[[]byte](t)(os.ReadFile(filepath.Join(env.root, "examples", "glustercluster.yaml"))))
}

// TestObjectsAreAccepted has the API server look at the example, and at what is made of a topology file.
func TestObjectsAreAccepted(t *testing.T) {
	t.Parallel()
	if err := applied(t, example(t)); err != nil {
		t.Error(err)
	}
	specs, err := topologyfile.Read([]byte(`{"clusters": [{"nodes": [
		{"node": {"hostnames": {"manage": ["node0"], "storage": ["192.168.10.100"]}, "zone": 1}, "devices": ["/dev/vdb", {"name": "/dev/vdc"}]},
		{"node": {"hostnames": {"manage": ["node1.example.com"], "storage": ["fd77::1"]}, "zone": 2}, "devices": []}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := applied(t, must[string](t)(topologyfile.Write(specs, "disks"))); err != nil {
		t.Error(err)
	}
}

// TestWrongObjectsAreRefused changes the example, and expects that the API server names the field.
func TestWrongObjectsAreRefused(t *testing.T) {
	t.Parallel()
	_, nodes, _ := strings.Cut(example(t), "  nodes:")
	for name, test := range map[string]struct{ from, to, want string }{
		"no nodes":                   {nodes, " []\n", "spec.nodes"},
		"name twice":                 {"name: node-2", "name: node-1", "spec.nodes[1]: Duplicate value"},
		"wrong name":                 {"name: node-2", "name: Node_2", "spec.nodes[1].name"},
		"address twice":              {"zone: 2", "address: 192.168.20.3", "two nodes have the same address"},
		"host name":                  {"192.168.20.3", "node-3.example.com", "spec.nodes[2].address"},
		"zone 0":                     {"zone: 2", "zone: 0", "spec.nodes[1].zone"},
		"path twice":                 {"wwn-0x5000c500a1b2c3d4\n", "wwn-0x5000c500a1b2c3d4\n        - path: /dev/disk/by-id/wwn-0x5000c500a1b2c3d4\n", "Duplicate value"},
		"path of no disk":            {"path: /dev/disk/by-id/wwn-0x5000c500a1b2c3d4", "path: sdb", "spec.nodes[0].devices[0].path"},
		"path with slash at its end": {"wwn-0x5000c500a1b2c3d4\n", "wwn-0x5000c500a1b2c3d4/\n", "spec.nodes[0].devices[0].path"},
		"path of a file":             {"/dev/disk/by-id/wwn-0x5000c500a1b2c3d4", "/etc/hosts", "spec.nodes[0].devices[0].path"},
		"all nodes drain":            {nodes, "\n    - name: node-1\n      drain: true\n", "delete the object instead"},
		"destroyed and drained":      {"destroyData: true", "destroyData: true\n          drain: true", "drain takes a disk away"},
		"destroyed on drained node":  {"address: 192.168.20.3", "address: 192.168.20.3\n      drain: true", "drain takes the disks of the node away"},
		"disk lost and not drained":  {"drain: false", "lost: true", "lost says how a disk is drained"},
		"node lost and not drained":  {"address: 192.168.20.3", "address: 192.168.20.3\n      lost: true", "lost says how a node is drained"},
		"misspelled":                 {"zone: 2", "zonne: 2", `unknown field "spec.nodes[1].zonne"`},
	} {
		text := strings.Replace(example(t), test.from, test.to, 1)
		if err := applied(t, text); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

// TestHeketiOfAnObjectStays changes which heketi gets the disks.
func TestHeketiOfAnObjectStays(t *testing.T) {
	t.Parallel()
	p, name := newPlace(t, nil), unique("disks")
	p.apply(t, name, p.addKubernetesNodes(t, 1, "/dev/sdb"))
	_, err := env.cluster.Kubectl(t.Context(), "patch", "glustercluster", name, "--type=merge", "-p", `{"spec":{"heketi":{"name":"other"}}}`)
	if err == nil || !strings.Contains(err.Error(), "spec.heketi") || !strings.Contains(err.Error(), "the disks stay with the heketi that has them") {
		t.Errorf("got %v", err)
	}
}
