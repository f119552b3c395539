package rebuild

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"sigs.k8s.io/yaml"
)

// Topology is what a person once gave heketi: a file that "heketi-cli topology load" reads, or GlusterClusters. Of it, names,
// zones and tags count, which nobody but heketi knew.
type Topology struct {
	nodes []topologyNode
}

type topologyNode struct {
	Node struct {
		Hostnames struct {
			Manage  []string `json:"manage"`
			Storage []string `json:"storage"`
		} `json:"hostnames"`
		Zone int               `json:"zone"`
		Tags map[string]string `json:"tags"`
	} `json:"node"`
	Devices []topologyDevice `json:"devices"`
	// ofKeeper says that it is of a GlusterCluster, which a keeper has made a cluster of in heketi.
	ofKeeper bool
}

// topologyDevice is a name, or a name with tags.
type topologyDevice struct {
	Name string            `json:"name"`
	Tags map[string]string `json:"tags"`
}

// UnmarshalJSON reads either of both.
func (d *topologyDevice) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &d.Name) == nil {
		return nil
	}
	type plain topologyDevice
	return json.Unmarshal(text, (*plain)(d))
}

// topologyFile is a topology file, or what kubectl prints of one GlusterCluster or of a list of them.
type topologyFile struct {
	glusterCluster
	Items []glusterCluster `json:"items"`

	Clusters []struct {
		Nodes []topologyNode `json:"nodes"`
	} `json:"clusters"`
}

// glusterCluster is what counts here of a GlusterCluster, see deploy/glusterfs/10-glusterclusters.yaml.
type glusterCluster struct {
	Kind string `json:"kind"`
	Spec struct {
		Nodes []struct {
			Name    string `json:"name"`
			Address string `json:"address"`
			Zone    int    `json:"zone"`
			Devices []struct {
				Path string `json:"path"`
			} `json:"devices"`
		} `json:"nodes"`
	} `json:"spec"`
}

// kindOfObjects is the kind of a GlusterCluster.
const kindOfObjects = "GlusterCluster"

// ParseTopology reads such a file, in JSON or YAML.
func ParseTopology(text []byte) (*Topology, error) {
	var file topologyFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	t := &Topology{}
	for _, cluster := range file.Clusters {
		t.nodes = append(t.nodes, cluster.Nodes...)
	}
	if file.Kind == kindOfObjects {
		file.Items = append(file.Items, file.glusterCluster)
	}
	for _, object := range file.Items {
		if object.Kind != kindOfObjects {
			return nil, fmt.Errorf("it has an object of the kind %q; print GlusterClusters alone: kubectl get glusterclusters -o yaml", object.Kind)
		}
		t.nodes = append(t.nodes, object.nodes()...)
	}
	for _, node := range t.nodes {
		if node.Node.Zone < 1 {
			return nil, fmt.Errorf("the node %q has the zone %d, and heketi's begin with 1", node.Node.Hostnames.Manage, node.Node.Zone)
		}
	}
	if len(t.nodes) == 0 {
		return nil, errors.New("it has no nodes")
	}
	return t, nil
}

// nodes are those that an object lists, as the keeper has heketi add them. The address of one is Kubernetes' if it is
// not in the object.
func (c glusterCluster) nodes() []topologyNode {
	nodes := make([]topologyNode, len(c.Spec.Nodes))
	for i, listed := range c.Spec.Nodes {
		node := &nodes[i]
		node.Node.Hostnames.Manage, node.Node.Zone, node.ofKeeper = []string{listed.Name}, max(listed.Zone, 1), true
		if listed.Address != "" {
			node.Node.Hostnames.Storage = []string{listed.Address}
		}
		for _, device := range listed.Devices {
			node.Devices = append(node.Devices, topologyDevice{Name: device.Path})
		}
	}
	return nodes
}

// nodeOf finds a host by how heketi reaches it, or by its storage name; nil if it is not there.
func (t *Topology) nodeOf(manage, storage string) *topologyNode {
	if t == nil {
		return nil
	}
	i := slices.IndexFunc(t.nodes, func(n topologyNode) bool {
		return slices.Contains(n.Node.Hostnames.Manage, manage) || slices.Contains(n.Node.Hostnames.Storage, storage)
	})
	if i < 0 {
		return nil
	}
	return &t.nodes[i]
}

// deviceOf finds a device by one of its names; nil if it is not there.
func (n *topologyNode) deviceOf(names []string) *topologyDevice {
	if n == nil {
		return nil
	}
	i := slices.IndexFunc(n.Devices, func(d topologyDevice) bool { return slices.Contains(names, d.Name) })
	if i < 0 {
		return nil
	}
	return &n.Devices[i]
}
