package rebuild

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Topology is a file that "heketi-cli topology load" reads. Of it, names, zones and tags count, which nobody
// but heketi knew.
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

// ParseTopology reads such a file.
func ParseTopology(text []byte) (*Topology, error) {
	var file struct {
		Clusters []struct {
			Nodes []topologyNode `json:"nodes"`
		} `json:"clusters"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	t := &Topology{}
	for _, cluster := range file.Clusters {
		for _, node := range cluster.Nodes {
			if node.Node.Zone < 1 {
				return nil, fmt.Errorf("the node %q has the zone %d, and heketi's begin with 1", node.Node.Hostnames.Manage, node.Node.Zone)
			}
			t.nodes = append(t.nodes, node)
		}
	}
	if len(t.nodes) == 0 {
		return nil, errors.New("it has no nodes")
	}
	return t, nil
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
