package topologyfile

import (
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"glusterfs-provisioner/keeper/glustercluster"
)

// topology is as in gk-deploy's sample: a node with devices of both forms.
const topology = `{"clusters": [{"nodes": [
  {"node": {"hostnames": {"manage": ["node0"], "storage": ["192.168.10.100"]}, "zone": 1}, "devices": ["/dev/vdb", {"name": "/dev/disk/by-id/x-1"}]},
  {"node": {"hostnames": {"manage": ["node1", "other"], "storage": ["fd77::1"]}, "zone": 2}, "devices": []}
]}]}`

func TestTopologyIsConverted(t *testing.T) {
	specs, err := Read([]byte(topology))
	if err != nil {
		t.Fatal(err)
	}
	text, err := Write(specs, "disks")
	if err != nil {
		t.Fatal(err)
	}
	want := `apiVersion: gluster.org/v1alpha1
kind: GlusterCluster
metadata:
  name: disks
spec:
  nodes:
  - address: 192.168.10.100
    devices:
    - path: /dev/vdb
    - path: /dev/disk/by-id/x-1
    name: node0
    zone: 1
  - address: fd77::1
    name: node1
    zone: 2
`
	if text != want {
		t.Errorf("got\n%s", text)
	}
	if text, err = Write(append(specs, specs...), "disks"); err != nil || !strings.Contains(text, "name: disks-1\n") || !strings.Contains(text, "---\n") || !strings.Contains(text, "name: disks-2\n") {
		t.Errorf("of two clusters, got %v\n%s", err, text)
	}
}

// TestWhatCannotBeConverted changes the topology, and expects what is named.
func TestWhatCannotBeConverted(t *testing.T) {
	for name, test := range map[string]struct{ from, to, want string }{
		"no JSON":          {"{", "", "it is no topology file of heketi"},
		"misspelled":       {`"devices": []`, `"device": []`, `unknown field "device"`},
		"misspelled disk":  {`{"name": "/dev/disk/by-id/x-1"}`, `{"nam": "/dev/x"}`, `unknown field "nam"`},
		"something more":   {"]}]}", "]}]} {}", "something follows the end"},
		"no cluster":       {topology, `{"clusters": []}`, "clusters: there is none"},
		"no node":          {topology, `{"clusters": [{"nodes": []}]}`, "clusters[0].nodes: there is none"},
		"blocks":           {`{"clusters": [{`, `{"clusters": [{"file": false, `, "clusters[0].file: false"},
		"no name":          {`["node0"]`, `[]`, `clusters[0].nodes[0].node.hostnames.manage: "" is no name`},
		"address for name": {`["node0"]`, `["192.168.10.100"]`, "manage: 192.168.10.100 is an address"},
		"wrong name":       {`["node0"]`, `["Node_0"]`, `"Node_0" is no name of a node`},
		"name twice":       {`"node0"`, `"node1"`, "clusters[0].nodes[1].node.hostnames.manage: node1 is that of clusters[0].nodes[0]"},
		"name for address": {`"192.168.10.100"`, `"node0"`, `clusters[0].nodes[0].node.hostnames.storage: "node0" is no IP address`},
		"address twice":    {`"fd77::1"`, `"192.168.10.100"`, "clusters[0].nodes[1].node.hostnames.storage: 192.168.10.100 is that of"},
		"no zone":          {`, "zone": 1`, ``, "clusters[0].nodes[0].node.zone: 0, and must be 1 or more"},
		"tags of a node":   {`"zone": 1`, `"zone": 1, "tags": {"a": "b"}`, "clusters[0].nodes[0].node.tags: a GlusterCluster has none"},
		"tags of a disk":   {`{"name": "/dev/disk/by-id/x-1"}`, `{"name": "/dev/x", "tags": {"a": "b"}}`, "devices[1].tags: a GlusterCluster has none"},
		"destroy":          {`{"name": "/dev/disk/by-id/x-1"}`, `{"name": "/dev/x", "destroydata": true}`, "devices[1].destroydata: remove it here"},
		"wrong path":       {`/dev/vdb`, `vdb`, `devices[0]: "vdb" is no path of a disk`},
		"disk twice":       {`/dev/disk/by-id/x-1`, `/dev/vdb`, "devices[1]: /dev/vdb is listed twice"},
	} {
		if specs, err := Read([]byte(strings.Replace(topology, test.from, test.to, 1))); err == nil || !strings.Contains(err.Error(), test.want) || specs != nil {
			t.Errorf("%s: got %v, %v, want %q", name, specs, err, test.want)
		}
	}
}

// FuzzTopologyFile reads anything. What is converted is what the API server takes, and says the same when it is read back.
func FuzzTopologyFile(f *testing.F) {
	f.Add([]byte(topology))
	f.Add([]byte(`{"clusters": [{"nodes": [{"node": {"hostnames": {}}, "devices": [{}, 1, null]}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		specs, err := Read(text)
		if err != nil {
			return
		}
		names, addresses := map[string]bool{}, map[string]bool{}
		for _, spec := range specs {
			for _, node := range spec.Nodes {
				if names[node.Name] || addresses[node.Address] || node.Name == "" || node.Address == "" || node.Zone < 1 {
					t.Errorf("got %+v", specs)
				}
				names[node.Name], addresses[node.Address] = true, true
			}
			written, err := Write([]glustercluster.Spec{spec}, "disks")
			if err != nil {
				t.Fatal(err)
			}
			var back document
			if err := yaml.Unmarshal([]byte(written), &back); err != nil || !reflect.DeepEqual(back.Spec, spec) {
				t.Errorf("%+v becomes %+v, %v", spec, back.Spec, err)
			}
		}
	})
}
