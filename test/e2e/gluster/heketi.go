package gluster

import (
	"encoding/json"
	"fmt"
	"os"
)

// HeketiSettings are the settings of heketi's "glusterfs" section with which it
// manages the hosts.
func (h *Hosts) HeketiSettings() map[string]any {
	return map[string]any{
		"executor": "ssh",
		"sshexec": map[string]any{
			"keyfile":     h.KeyFile(),
			"user":        "root",
			"port":        "22",
			"fstab":       "/var/lib/heketi/fstab",
			"lvm_wrapper": "/run/bin/lvm-wrapper",
		},
		// It looks every two minutes which hosts are up, and leaves the others out: what
		// it says of a host that was just switched off would be chance.
		"disable_monitor_gluster_nodes": true,
		// By itself it would undo what it was interrupted in, without asking gluster whether
		// that is in use by now.
		"disable_background_cleaner": true,
	}
}

// topology is a file that "heketi-cli topology load" reads.
type topology struct {
	Clusters []topologyCluster `json:"clusters"`
}

type topologyCluster struct {
	Nodes []topologyNode `json:"nodes"`
}

type topologyNode struct {
	Node struct {
		Hostnames struct {
			Manage  []string `json:"manage"`
			Storage []string `json:"storage"`
		} `json:"hostnames"`
		Zone int `json:"zone"`
	} `json:"node"`
	Devices []string `json:"devices"`
}

// WriteTopology writes the hosts as heketi's topology, each in a zone of its own,
// with all their disks, and returns the file.
func (h *Hosts) WriteTopology() (string, error) {
	var cluster topologyCluster
	for i, host := range h.hosts {
		node := topologyNode{Devices: host.disks}
		node.Node.Hostnames.Manage = []string{host.address}
		node.Node.Hostnames.Storage = []string{host.address}
		node.Node.Zone = i + 1
		cluster.Nodes = append(cluster.Nodes, node)
	}
	text, err := json.MarshalIndent(topology{Clusters: []topologyCluster{cluster}}, "", "  ")
	if err != nil {
		return "", err
	}
	path := h.file("topology.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return "", fmt.Errorf("cannot write heketi's topology: %w", err)
	}
	return path, nil
}
